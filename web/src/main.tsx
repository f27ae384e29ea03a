import { ThemeProvider } from '@mui/material/styles'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { createRoot } from 'react-dom/client'
import '@fontsource-variable/inter/index.css'
import '@fontsource-variable/jetbrains-mono/index.css'
import './styles/tokens.css'
import './styles/frame.css'
import './styles/bar.css'
import './styles/overlay.css'
import './styles/charts.css'
import './styles/table.css'
import './styles/trace.css'
import './styles/metrics.css'
import './styles/home.css'
import { retryDelayMs, shouldRetry } from './api/client.ts'
import { listenForKeys } from './keys/key-map.ts'
import { router } from './router.tsx'
import { onMended } from './state/connection.ts'
import { applySettings } from './state/settings.ts'
import { muiTheme } from './styles/mui-theme.ts'

/** Milliseconds for which an answer counts as new: going back to a screen does not ask again within them. */
const freshMs = 10_000

const queries = new QueryClient({
  defaultOptions: {
    // Asked also where the browser believes to be offline: the server may be this very machine, and a loss is seen at once.
    queries: {
      networkMode: 'always',
      staleTime: freshMs,
      retry: shouldRetry,
      retryDelay: retryDelayMs,
      refetchOnWindowFocus: false,
    },
  },
})
onMended(() => void queries.invalidateQueries())
applySettings()
listenForKeys()

createRoot(document.getElementById('app')!).render(
  <ThemeProvider theme={muiTheme}>
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </ThemeProvider>,
)
