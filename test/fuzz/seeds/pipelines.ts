import { Buffer } from 'node:buffer'

/** Patterns, each with lines that it is tried on. */
const withLines = (pattern: string, ...lines: string[]): Buffer => Buffer.from([pattern, ...lines].join('\n'))

export const pipelineWords = [
  ...[
    '%{',
    '}',
    '%{NUMBER:a:int}',
    '%{WORD}',
    '%{GREEDYDATA:rest}',
    '%{COMBINEDAPACHELOG}',
    '%{IP:client}',
    '->',
    '%{+a/2}',
  ],
  ...[
    '(?P<',
    '(?i)',
    '.*',
    '.+?',
    '[^"]*',
    '\\d{1,3}',
    '(a|b)*',
    '{1000}',
    '\\pL',
    '$',
    '^',
    '(?:',
    '%{*k}',
    '%{&v}',
    '%{?x}',
  ],
  ...['type: ', 'when:', 'all:', '- ', '&a', '*a', '<<: ', '!!binary ', '"', "'", '|', '>', ': ', '{', '[', '=', ','],
]

export const grokPatterns = () => [
  withLines('^%{LOGLEVEL:severity} %{WORD:step} took %{NUMBER:seconds:float} s', 'WARN pay took 0.5 s', 'no'),
  withLines('%{COMBINEDAPACHELOG}', '10.0.0.1 - - [31/Jan/2026:12:00:00 +0100] "GET / HTTP/1.1" 200 5 "-" "curl"'),
  withLines('%{IPORHOST:client.address}:%{POSINT:port:int} %{GREEDYDATA:body}', '10.0.0.1:80 rest', '[::1]:80'),
]

export const regexPatterns = () => [
  withLines('(?P<user>[a-z]+) paid (?P<amount>\\d+(?:\\.\\d+)?)', 'ann paid 17.5', 'nobody paid'),
  withLines('^(?P<a>.*)(?P<b>.*)(?P<c>x+x+)+y$', 'x'.repeat(60), 'xxy'),
  withLines('(?i)(?P<severity>error|warn|info)\\b', 'Error: x', 'warned'),
]

export const dissectPatterns = () => [
  withLines(
    '%{client} - %{?ident} [%{time}] "%{method} %{path->} %{+path/2}" %{status}',
    '10.0.0.1 - x [now] "GET /a b" 200',
  ),
  withLines('%{*key}=%{&key};%{rest}', 'a=1;b'),
  withLines('%{a} %{b}', 'one two three', 'one'),
]

export const logfmtLines = () => [
  Buffer.from('level=info msg="order placed" order=17 took=0.5s empty= flag\nlevel="warn\\n" "quoted=1" =x a=b=c'),
  Buffer.from('a="not closed b=2\nü=ä key="a \\u00e4 \\" b" 0=1'),
]

export const jsonLines = () => [
  Buffer.from('{"level":"info","order":{"id":17,"items":[1,2]},"time":1767225600123456789,"ok":true,"none":null}'),
  Buffer.from('{"a":{"b":{"c":{"d":{"e":{"f":{"g":{"h":{"i":1}}}}}}}}},"x":-0,"y":1e400}\n[1]\n"text"'),
]

export const csvRows = () => [
  Buffer.from('info,shop,ann,"said ""hi"", left"\n,,,\nwarn,"sh\nop",x'),
  Buffer.from('"open,shop,ann\n"a"b,c\na,b,c,d,e,f'),
]

export const secrets = () => [
  Buffer.from('card 4111 1111 1111 1111 password=hunter2 Authorization: Bearer abc.def.ghi ann@example.com'),
  Buffer.from('AKIAIOSFODNN7EXAMPLE ghp_0123456789abcdefghijklmnopqrstuvwxyz 10.0.0.1 -----BEGIN PRIVATE KEY-----'),
]

const everyStage = `name: shop
position: 10
stages:
  - type: match
    any: [{ field: body, contains: order }, { field: service.name, one_of: [a, b] }]
  - { type: redact }
  - { type: grok, patterns: ['took %{NUMBER:seconds:float} s'], on_failure: next }
  - { type: json, when: { all: [{ field: body, matches: '^\\{' }] } }
  - { type: set, fields: { env: prod, 'who': '{user}' } }
  - { type: rename, fields: { order: shop.order } }
  - { type: remove, fields: [user] }
  - { type: sample, keep: 0.5 }
  - { type: metric, name: seconds, kind: histogram, value: seconds }
  - { type: route, retention: short }
`

export const definitions = () => [
  Buffer.from(everyStage),
  Buffer.from('name: a\nstages: [{ type: drop, when: { all: [{ field: http.route, equals: /healthz }] } }]\n'),
  Buffer.from(JSON.stringify({ name: 'b', stages: [{ type: 'logfmt' }, { type: 'dissect', pattern: '%{a} %{b}' }] })),
  Buffer.from(
    'name: &n c\nstages:\n  - &s { type: csv, columns: [a, b] }\n  - *s\n  - { type: regex, pattern: "(?P<x>.*)" }\n',
  ),
]
