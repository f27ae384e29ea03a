import type { ActiveReceiver } from '../receiver.ts'
import { createFileTailer } from '../tail/file-tailer.ts'

const name = 'file_tail'

/** Follows log files of this machine, those of containers and Kubernetes pods too. */
export const fileTail: ActiveReceiver = {
  kind: 'active',
  name,
  title: 'Files',
  summary: 'Follows log files by pattern, through rotation and restarts; reads the formats of Docker and Kubernetes.',
  signals: ['logs'],
  defaultPort: 0,
  snippets: [
    {
      title: 'sightline.yaml, Kubernetes pods of this node',
      language: 'yaml',
      template: 'tail:\n  files:\n    - paths: /var/log/pods/*/*/*.log',
    },
    {
      title: 'sightline.yaml, an application with stack traces',
      language: 'yaml',
      template:
        "tail:\n  files:\n    - paths: /var/log/shop/*.log\n      recordStart: '^\\d{4}-'\n      resource: { service.name: shop }",
    },
  ],
  create: (settings, context) => createFileTailer(settings, context, name),
}
