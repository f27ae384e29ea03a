import { usePageTitle } from '../shell/title.ts'
import { useAddress } from '../url/use-search.ts'
import { ChartGallery } from './chart-gallery.tsx'
import { ControlGallery, NumberGallery, TokenGallery } from './control-gallery.tsx'
import { ManyPanels } from './many-panels.tsx'
import { PanelGallery } from './panel-gallery.tsx'
import { TableGallery } from './table-gallery.tsx'
import { WaterfallGallery } from './waterfall-gallery.tsx'

/** Every part in every state, with seeded data; for development and tests only. */
export function GalleryPage() {
  usePageTitle('Gallery')
  const { view } = useAddress()
  if (view === 'panels') return <ManyPanels />
  return (
    <main className="page">
      <div className="grid" style={{ gridTemplateColumns: 'repeat(auto-fit, minmax(min(100%, 420px), 1fr))' }}>
        <TokenGallery />
        <ControlGallery />
        <NumberGallery />
      </div>
      <PanelGallery />
      <ChartGallery />
      <WaterfallGallery />
      <TableGallery />
    </main>
  )
}
