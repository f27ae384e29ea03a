/** Shapes of Sightline's HTTP API; imported by server/serve and web, imports nothing of ours. */
export {}
