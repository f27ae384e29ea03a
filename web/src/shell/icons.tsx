/** Shapes of 20 by 20 units for navigation and 16 by 16 for controls; all drawn for Sightline. */
const shapes = {
  home: ['20', 'M3 9.5 10 4l7 5.5V16a1 1 0 0 1-1 1h-3.5v-4.5h-5V17H4a1 1 0 0 1-1-1z'],
  services: ['20', 'M3 4h14v3.5H3zM3 8.5h14V12H3zM3 13h14v3.5H3z'],
  traces: ['20', 'M3 5h9M6 8.5h9M8 12h6M10 15.5h7'],
  metrics: ['20', 'M3 14l4-5 3.5 3L17 5M14 5h3v3'],
  data: [
    '20',
    'M4 5c0-1 2.7-2 6-2s6 1 6 2-2.7 2-6 2-6-1-6-2zM4 5v10c0 1 2.7 2 6 2s6-1 6-2V5M4 10c0 1 2.7 2 6 2s6-1 6-2',
  ],
  display: ['20', 'M3 6h8M15 6h2M3 14h2M9 14h8M13 4v4M7 12v4'],
  help: ['20', 'M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM8 8a2 2 0 1 1 2.8 1.9c-.6.3-.8.7-.8 1.4M10 13.8v.1'],
  gallery: ['20', 'M3 3.5h6v7H3zM11 3.5h6v4h-6zM11 9.5h6v7h-6zM3 12.5h6v4H3z'],
  search: ['16', 'M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zM11 11l3 3'],
  left: ['16', 'M10 4L6 8l4 4'],
  right: ['16', 'M6 4l4 4-4 4'],
  down: ['16', 'M4 6l4 4 4-4'],
  clock: ['16', 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 4.5V8l2.5 1.5'],
  wider: ['16', 'M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zM11 11l3 3M5 7h4'],
  refresh: ['16', 'M13 8a5 5 0 1 1-1.5-3.6M13 2v3h-3'],
  link: ['16', 'M6.5 9.5l3-3M7 4.5l1-1a2.5 2.5 0 0 1 3.5 3.5l-1 1M9 11.5l-1 1A2.5 2.5 0 0 1 4.5 9l1-1'],
  close: ['16', 'M4 4l8 8M12 4l-8 8'],
  plus: ['16', 'M8 3v10M3 8h10'],
  copy: ['16', 'M5.5 5.5h8v8h-8zM3 10.5h-.5v-8h8V3'],
  more: ['16', 'M3.5 8h.01M8 8h.01M12.5 8h.01'],
  columns: ['16', 'M2.5 3h11v10h-11zM6 3v10M10 3v10'],
  eye: [
    '16',
    'M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8zM8 9.8a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6z',
  ],
  'eye-off': ['16', 'M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8zM2.5 13.5l11-11'],
  star: ['16', 'M8 2l1.8 3.8 4.2.5-3.1 2.9.8 4.1L8 11.3l-3.7 2 .8-4.1L2 6.3l4.2-.5z'],
  download: ['16', 'M8 2.5v7.5M5 7.5L8 10.5l3-3M3 13.5h10'],
  sun: [
    '16',
    'M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM8 1.5v1.5M8 13v1.5M1.5 8H3M13 8h1.5M3.4 3.4l1 1M11.6 11.6l1 1M12.6 3.4l-1 1M4.4 11.6l-1 1',
  ],
} as const

export type IconName = keyof typeof shapes

export function Icon({ name, size }: { name: IconName; size?: number }) {
  const [box, path] = shapes[name]
  const side = size ?? Number(box)
  return (
    <svg className="ic" viewBox={`0 0 ${box} ${box}`} width={side} height={side} aria-hidden="true">
      <path d={path} />
    </svg>
  )
}

export function Logo() {
  return (
    <svg
      width="24"
      height="24"
      viewBox="0 0 24 24"
      aria-hidden="true"
      fill="none"
      strokeWidth="2"
      strokeLinecap="round"
    >
      <path d="M12 2v20" stroke="var(--accent)" />
      <path d="M2.5 14.5c3 0 4-5 6.5-5M21.5 9.5c-3 0-4 5-6.5 5" stroke="var(--text)" />
    </svg>
  )
}
