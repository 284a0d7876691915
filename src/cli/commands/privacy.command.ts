import { text } from 'node:stream/consumers';
import { Command, Option } from 'commander';
import type { AuditReport, PersonalEvent } from '../../privacy/index.js';
import { CommandFailure, EXIT } from '../command-failure.js';
import type { CommandLine, ConfirmOptions } from '../command-line.js';
import { counted } from '../counted.js';
import { escapedJson } from '../escaped.js';
import type { Output } from '../output.js';
import { HIDDEN } from '../shown-event.js';
import { withConnection, type SourceOptions } from '../source-options.js';

interface PersonOptions extends SourceOptions {
  readonly tenant?: string;
}

/** `erase`: erases everything that is stored about a person. */
export function eraseCommand(line: CommandLine): Command {
  return aboutPerson(new Command('erase'))
    .description('Erase everything that is stored about a person, for good')
    .addOption(new Option('--dry-run', 'count what would be erased'))
    .addOption(new Option('-y, --yes', 'do not ask'))
    .action((given: string, options: PersonOptions & ConfirmOptions) =>
      line.onOne(options, async ({ privacy }) => {
        const subject = await subjectOf(line, given);
        const { dryRun = false, yes = false, tenant } = options;
        const output = line.output(options);
        if (dryRun || !yes) {
          const events = await privacy.export(subject, { tenant });
          const fields = events.reduce((sum, event) => sum + Object.keys(event.fields).length, 0);
          const what = `erase ${counted(fields, 'field')} of ${counted(events.length, 'event')}`;
          if (dryRun) {
            await output.result({ events: events.length, fields, dryRun }, () => [`would ${what}`]);
            return;
          }
          await line.confirm(`${what} and the person's key, for good`, options);
        }
        const progress = line.progress('events erased');
        const report = await privacy.erase(subject, { tenant, onProgress: progress.add }).finally(progress.end);
        const { events, fields, keys, announced } = report;
        await output.result(report, () => [
          `erased ${counted(fields, 'field')} of ${counted(events, 'event')} and ${counted(keys, 'key')}; ${counted(announced, 'event')} told consumers so`,
        ]);
      }),
    );
}

/** `export`: shows what is stored about a person. */
export function exportCommand(line: CommandLine): Command {
  return aboutPerson(new Command('export'))
    .description('Show what events hold about a person; the data itself only with --personal')
    .addOption(new Option('--personal', 'with the data'))
    .action((given: string, options: PersonOptions & { readonly personal?: boolean }) =>
      line.onOne(options, async ({ privacy }) => {
        const subject = await subjectOf(line, given);
        const events = await privacy.export(subject, { tenant: options.tenant });
        const shown = options.personal === true ? events : events.map(hidden);
        const output = line.output(options);
        await output.result({ events: shown }, () =>
          shown.length === 0
            ? ['nothing is stored about this person']
            : shown.flatMap((event) => personText(event, output)),
        );
      }),
    );
}

/** `audit`: looks for what should not be readable. */
export function auditCommand(line: CommandLine): Command {
  return withConnection(new Command('audit'))
    .description('Look at everything that is stored: is there personal data that should be erased or encrypted?')
    .action((options: SourceOptions) =>
      line.onOne(options, async ({ privacy }) => {
        const output = line.output(options);
        output.note('reading everything that is stored, this may take long');
        const progress = line.progress('events read');
        const report = await privacy.audit({ onProgress: progress.add }).finally(progress.end);
        await output.result(report, () => auditText(report, output));
        if (report.found > 0) line.terminal.exitCode = EXIT.failed;
      }),
    );
}

function aboutPerson(command: Command): Command {
  return withConnection(command)
    .argument(
      '<person>',
      'as contracts name people in `of`; "-" reads it from standard input, past the history of the shell',
    )
    .addOption(new Option('--tenant <name>', 'the tenant whose person is meant'));
}

async function subjectOf(line: CommandLine, given: string): Promise<string> {
  const subject = given === '-' ? (await text(line.terminal.stdin)).replace(/\r?\n$/, '') : given;
  if (subject === '') throw new CommandFailure('nobody was named');
  return subject;
}

function hidden(event: PersonalEvent): PersonalEvent {
  return { ...event, fields: Object.fromEntries(Object.keys(event.fields).map((name) => [name, HIDDEN])) };
}

function personText({ stream, id, type, time, fields, unreadable }: PersonalEvent, output: Output): readonly string[] {
  const { bold, dim } = output.terminal.colours;
  const values = Object.entries(fields).map(([name, value]) => {
    return [name, value === HIDDEN ? HIDDEN : escapedJson(value)] as const;
  });
  return [
    `${dim(time.toISOString())}  ${bold(type)}  ${dim('in')} ${stream.contract}  ${dim('id')} ${id}`,
    ...output.pairs([...values, ['unreadable', unreadable]], true),
  ];
}

function auditText({ events, deadLetters, findings, found }: AuditReport, output: Output): readonly string[] {
  const read = `${counted(events, 'event')} and ${counted(deadLetters, 'dead letter')} were read`;
  if (found === 0) return [`${read}; nothing was found`];
  const rows = findings.map(({ kind, stream, type, eventId, field = '', where }) => {
    return [kind, stream.contract, type, field, eventId, where];
  });
  const heads = ['finding', 'stream', 'type', 'field', 'event', 'where'];
  const rest = found > findings.length ? [`and ${found - findings.length} more`] : [];
  return [
    ...output.table(
      heads.map((head) => ({ head, least: 8 })),
      rows,
    ),
    ...rest,
    `${read}; ${found} found`,
  ];
}
