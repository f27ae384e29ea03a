/** An element with its text and its children; attributes are not kept. */
export interface XmlElement {
  readonly name: string
  readonly text: string
  readonly children: readonly XmlElement[]
}

/** Deepest nesting that is read; beyond: an Error. */
const maxDepth = 100

const token =
  /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!\[CDATA\[([\s\S]*?)\]\]>|<(\/?)([A-Za-z_][\w:.-]*)[^<>]*?(\/?)>|([^<]+)|([\s\S])/g

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

interface OpenElement {
  readonly name: string
  text: string
  readonly children: XmlElement[]
}

/** Reads the plain XML of AWS's Query API: no DTD, no entities of its own. Throws: an Error in words. */
export function parseXml(text: string): XmlElement {
  const root: OpenElement = { name: '', text: '', children: [] }
  const open = [root]
  for (const match of text.matchAll(token)) {
    const [, verbatim, closes, name, isEmpty, words, wrong] = match
    const at = open[open.length - 1]
    if (wrong !== undefined) throw new Error(`not valid XML at character ${match.index}`)
    if (verbatim !== undefined) at.text += verbatim
    else if (words !== undefined) at.text += decoded(words)
    else if (name === undefined) continue
    else if (closes === '/') {
      if (at.name !== name || open.length === 1)
        throw new Error(`not valid XML: </${name}> closes ${at.name || 'nothing'}`)
      open.pop()
      open[open.length - 1].children.push(at)
    } else if (isEmpty === '/') at.children.push({ name, text: '', children: [] })
    else if (open.length > maxDepth) throw new Error(`XML is nested deeper than ${maxDepth}`)
    else open.push({ name, text: '', children: [] })
  }
  if (open.length !== 1 || root.children.length !== 1) throw new Error('not valid XML: not one whole element')
  return root.children[0]
}

function decoded(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(\w+));/g, (whole, decimal, hex, name) => {
    if (name !== undefined) return entities[name] ?? whole
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal)
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole
  })
}

/** The child of that name, if there is one. */
export function childOf(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((child) => child.name === name)
}

/** Text at the end of a path of names; undefined where there is none. */
export function textAt(element: XmlElement | undefined, ...path: readonly string[]): string | undefined {
  let at = element
  for (const name of path) at = childOf(at, name)
  return at?.text
}

/** Members of a list such as `reservationSet`, whose elements are called `item`. */
export function itemsOf(element: XmlElement | undefined, name: string): readonly XmlElement[] {
  return childOf(element, name)?.children ?? []
}
