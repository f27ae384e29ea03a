/** Hands a text to the browser as a file to keep. */
export function downloadText(name: string, type: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }))
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  // The browser takes the file at once or within the next moments.
  setTimeout(() => URL.revokeObjectURL(address), 10_000)
}
