import { render } from 'preact';
import { Api } from './api.js';
import { App } from './app.js';
import { followColourScheme } from './colour-scheme.js';
import { DashboardState } from './dashboard-state.js';

// Relative to the page, wherever the application has mounted it.
const state = new DashboardState(new Api(new URL('api/', document.baseURI)));
const root = document.getElementById('app');
if (root) {
  followColourScheme();
  state.start();
  render(<App state={state} />, root);
}
