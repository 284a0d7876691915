import picocolors from 'picocolors';

const { bold, cyan, dim, green, magenta, red, yellow } = picocolors;

/** Begins a part of the demo. @param {string} title */
export const sayTitle = (title) => console.log(`\n${bold(title)}`);

/** Says something in the name of the demo. @param {string} text */
export const say = (text) => console.log(text.replace(/^/gm, '  '));

/** Says what went well. @param {string} text */
export const sayGood = (text) => say(green(text));

/** Says what went wrong. @param {string} text */
export const sayBad = (text) => say(red(text));

/** Shows a command and what became of it. @param {import('./run-app.mjs').Ended} ended */
export function showCommand({ command, code, stdout, stderr }) {
  say(`${dim('$')} ${cyan(command)}`);
  // What went on first, what came of it last.
  for (const line of [...linesOf(stderr), ...linesOf(stdout)]) say(`  ${line}`);
  if (code !== 0) say(yellow(`  exit code ${code}`));
}

/** Shows a line of the projector that runs beside. @param {string} line */
export const showProjector = (line) => say(`${magenta('projector')} ${line.replace(/^users-projector: /, '')}`);

/** @param {string} text */
function linesOf(text) {
  return text.split('\n').filter((line) => line !== '');
}
