/**
 * Hides the user and password of every URL in a text, so that it can be logged.
 *
 * @param {string} text
 */
export function redactUrl(text) {
  // Greedy up to the last @, because a password that nobody escaped may hold a slash or an @ of its own.
  return text.replace(/:\/\/\S*@/g, '://***@').replace(/([?&]password=)[^&\s]*/gi, '$1***');
}
