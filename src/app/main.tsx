import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import './tokens.css';
import './app.css';
import { App } from './App.tsx';
import { PageBoundary } from './PageBoundary.tsx';
import { usePage } from './store/store.ts';
import { loadStrings } from './strings.ts';

const root = document.getElementById('root');
// Before the first paint of the page, so that a dark room stays dark.
document.documentElement.dataset.theme = usePage.getState().theme;
// The first frame in the reader's language; English, if that cannot be fetched.
await loadStrings(usePage.getState().lang).catch(() => undefined);
if (root) {
  createRoot(root).render(
    <StrictMode>
      <PageBoundary>
        <App />
      </PageBoundary>
    </StrictMode>,
  );
}
