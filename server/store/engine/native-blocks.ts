import { ClickHouseError } from '@clickhouse/client'
/** placeholder pass-through */
export async function* wholeNativeBlocks(
  stream: AsyncIterable<Uint8Array>,
  _exceptionTag: string | undefined,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) yield chunk
  void ClickHouseError
}
