import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router'
import { NotFound } from './shell/not-found.tsx'
import { Shell } from './shell/shell.tsx'
import { cleanSearch, formatSearch, parseSearch, type Search } from './url/search.ts'

/** `/{tenant}/{screen}/{id}/{tab}?…` */
const root = createRootRoute({
  component: Shell,
  notFoundComponent: NotFound,
  validateSearch: (search): Search => cleanSearch(search as Search),
})

const start = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/$tenant/home', params: { tenant: 'default' } })
  },
})

const tenantStart = createRoute({
  getParentRoute: () => root,
  path: '/$tenant',
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/$tenant/home', params })
  },
})

const home = createRoute({
  getParentRoute: () => root,
  path: '/$tenant/home',
  component: lazyRouteComponent(() => import('./home/home-page.tsx'), 'HomePage'),
})

const services = createRoute({
  getParentRoute: () => root,
  path: '/$tenant/services',
  component: lazyRouteComponent(() => import('./pages/services-page.tsx'), 'ServicesPage'),
})

const service = createRoute({
  getParentRoute: () => root,
  path: '/$tenant/services/$id',
  component: lazyRouteComponent(() => import('./pages/service-page.tsx'), 'ServicePage'),
})

const traces = createRoute({
  getParentRoute: () => root,
  path: '/$tenant/traces',
  component: lazyRouteComponent(() => import('./pages/traces-page.tsx'), 'TracesPage'),
})

const trace = createRoute({
  getParentRoute: () => root,
  path: '/$tenant/traces/$id',
  component: lazyRouteComponent(() => import('./pages/trace-page.tsx'), 'TracePage'),
})

const metrics = createRoute({
  getParentRoute: () => root,
  path: '/$tenant/metrics',
  component: lazyRouteComponent(() => import('./pages/metrics-page.tsx'), 'MetricsPage'),
})

const metric = createRoute({
  getParentRoute: () => root,
  path: '/$tenant/metrics/$id',
  component: lazyRouteComponent(() => import('./pages/metric-page.tsx'), 'MetricPage'),
})

const data = createRoute({
  getParentRoute: () => root,
  path: '/$tenant/data',
  component: lazyRouteComponent(() => import('./pages/data-page.tsx'), 'DataPage'),
})

const gallery = createRoute({
  getParentRoute: () => root,
  path: '/$tenant/gallery',
  component: __GALLERY__ ? lazyRouteComponent(() => import('./gallery/gallery-page.tsx'), 'GalleryPage') : NotFound,
})

export const router = createRouter({
  routeTree: root.addChildren([
    start,
    tenantStart,
    home,
    services,
    service,
    traces,
    trace,
    metrics,
    metric,
    data,
    gallery,
  ]),
  parseSearch: (text) => ({ ...parseSearch(text) }),
  stringifySearch: (search) => formatSearch(search as Search),
  defaultPreload: 'intent',
  // The skeleton of a screen is its own; a bare wait in between would be seen as a flash.
  defaultPendingMs: 150,
  scrollRestoration: true,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
