import { useDashboard } from '../dashboard-state.js';
import { duration } from '../quantities.js';
import { visibleText } from '../visible-text.js';

const PATIENCE_MS = 1_500;

/** Says which server does not answer and since when; goes away by itself once it does. */
export function AwayBanner() {
  const { away, feed, now } = useDashboard();
  const { isUp, since } = feed.state.value;
  const lines = away.value.map(({ connection, since: from, reason }) => ({
    key: connection,
    text: `${visibleText(connection)} is away since ${duration(Math.max(0, now.value - from))}: ${visibleText(reason)}`,
  }));
  // A reload of the application is over before anyone has read about it.
  if (!isUp && now.value - since > PATIENCE_MS) {
    lines.unshift({
      key: '',
      text: `The application does not answer since ${duration(now.value - since)}; the page connects again by itself`,
    });
  }
  return (
    <div class="banners" role="status">
      {lines.map(({ key, text }) => (
        <p class="banner" key={key}>
          {text}. What is shown is how it was.
        </p>
      ))}
    </div>
  );
}
