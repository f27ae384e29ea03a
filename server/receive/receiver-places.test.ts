import { describe, expect, it } from 'vitest'
import { loadConfig } from '../runtime/config/load.ts'
import { receivers } from './protocols/registry.ts'
import { receiverPlaces } from './receiver-places.ts'

const placesWith = (flags: readonly string[]) =>
  Object.fromEntries(
    receiverPlaces(receivers, loadConfig({ environment: {}, flags: [...flags], folder: '.' }).config).map(
      ({ receiver, listensAt }) => [receiver, listensAt],
    ),
  )

describe('where receivers are found', () => {
  it('names ports and paths of all that are open', () => {
    const places = placesWith(['--statsd.udp.listen=127.0.0.1:9125'])
    expect(places.otlp_grpc).toEqual([':4317'])
    expect(places.otlp_http.slice(0, 2)).toEqual([':4318', '/v1/metrics'])
    expect(places.prometheus_remote_write).toEqual(['/api/v1/write'])
    expect(places.elasticsearch_bulk[0]).toBe('/_bulk')
    expect(places.statsd[0]).toBe('udp :9125')
    expect(places.prometheus_scrape).toEqual([])
  })

  it('leaves out what is off', () => {
    expect(placesWith(['--otlp.grpc.listen=off'])).not.toHaveProperty('otlp_grpc')
    expect(placesWith(['--otlp.http.listen=off']).otlp_http[0]).toBe('/v1/metrics')
  })
})
