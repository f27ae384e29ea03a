import { createTheme } from '@mui/material/styles'

const colour = (main: string, weak: string, text = 'var(--on-accent)') => ({
  main: `var(--${main})`,
  light: `var(--${weak})`,
  dark: `var(--${main})`,
  contrastText: text,
})

/** Material UI that reads our tokens: a change of theme or density is a change of CSS variables, without a render. */
export const muiTheme = createTheme({
  cssVariables: { nativeColor: true },
  palette: {
    primary: colour('accent', 'accent-weak'),
    error: colour('err', 'err-weak'),
    warning: colour('warn', 'warn-weak'),
    success: colour('ok', 'ok-weak'),
    text: { primary: 'var(--text)', secondary: 'var(--text-2)', disabled: 'var(--text-3)' },
    background: { default: 'var(--bg)', paper: 'var(--surface)' },
    divider: 'var(--line)',
  },
  typography: { fontFamily: 'var(--font-ui)', fontSize: 13 },
  shape: { borderRadius: 6 },
  transitions: { create: () => 'none' },
  components: {
    MuiPaper: {
      defaultProps: { elevation: 0 },
      styleOverrides: { root: { boxShadow: 'var(--shadow-3)', borderRadius: 'var(--r-3)', backgroundImage: 'none' } },
    },
    MuiPopover: { defaultProps: { transitionDuration: 0 } },
    MuiMenu: { defaultProps: { transitionDuration: 0 } },
    MuiDialog: { defaultProps: { transitionDuration: 0 } },
    MuiBackdrop: {
      styleOverrides: { root: { backgroundColor: 'var(--scrim)' }, invisible: { backgroundColor: 'transparent' } },
    },
    MuiMenuItem: {
      defaultProps: { disableRipple: true },
      styleOverrides: {
        root: { font: 'var(--fw-regular) 13px/20px var(--font-ui)', minHeight: 32, padding: '0 16px' },
      },
    },
  },
})
