/** The three kinds of telemetry. */
export type Signal = 'metrics' | 'logs' | 'traces'

export const signals: readonly Signal[] = ['metrics', 'logs', 'traces']
