import type { ActiveReceiver } from '../receiver.ts'
import { createScraper } from '../scrape/scraper.ts'

const name = 'prometheus_scrape'

/** Fetches expositions from targets that it finds by configuration, as Prometheus does. */
export const prometheusScrape: ActiveReceiver = {
  kind: 'active',
  name,
  title: 'Prometheus scrape',
  summary:
    'Fetches /metrics of every target that a prometheus.yml or the configuration names: text, OpenMetrics and protobuf expositions.',
  signals: ['metrics'],
  defaultPort: 0,
  snippets: [
    {
      title: 'sightline.yaml, with a prometheus.yml that you have',
      language: 'yaml',
      template: 'scrape:\n  configFile: prometheus.yml',
    },
    {
      title: 'sightline.yaml',
      language: 'yaml',
      template:
        'scrape:\n  configs:\n    - job_name: my-service\n      scrape_interval: 15s\n      static_configs:\n        - targets: [my-service:9090]',
    },
  ],
  create: (settings, context) => createScraper(settings, context, name),
}
