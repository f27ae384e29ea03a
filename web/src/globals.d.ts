/** True in builds that carry the gallery of components; the published build has it not. */
declare const __GALLERY__: boolean

declare module '*.css'
declare module '*.svg' {
  const address: string
  export default address
}
declare module '*?worker' {
  const worker: new () => Worker
  export default worker
}
