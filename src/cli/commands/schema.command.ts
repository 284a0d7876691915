import { readFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { describeContract, type ContractClass } from '../../core/index.js';
import {
  asyncApiOf,
  checkSchema,
  jsonSchemaOf,
  readSchemas,
  type AsyncApiInfo,
  type SchemaChange,
  type SchemaDocument,
} from '../../schema/index.js';
import { CommandFailure, EXIT } from '../command-failure.js';
import type { CommandLine } from '../command-line.js';
import { contractsOf } from '../event-selection.js';
import { streamsOf } from '../open-connection.js';
import type { Output } from '../output.js';
import { withConfig, withConnection, type SourceOptions } from '../source-options.js';
import { parsedYaml, yamlText } from '../yaml-text.js';

interface SchemaOptions extends Pick<SourceOptions, 'config' | 'connection'> {
  readonly format: 'asyncapi' | 'json-schema';
  readonly yaml?: boolean;
}

interface CheckOptions extends SourceOptions {
  readonly against?: string;
  readonly published?: boolean;
}

const INFO = { title: 'Events', version: '1.0.0' };

/** `schema`: documents made of contracts, and whether they may be released. */
export function schemaCommand(line: CommandLine): Command {
  return withConfig(new Command('schema'))
    .description('Print what events look like, as AsyncAPI or JSON Schema; asks no server')
    .addOption(
      new Option('--format <format>', 'which document').choices(['asyncapi', 'json-schema']).default('asyncapi'),
    )
    .addOption(new Option('--yaml', 'YAML instead of JSON'))
    .action(async (options: SchemaOptions) => {
      const { contracts, info } = await contractsIn(line, options);
      const printed = options.format === 'asyncapi' ? await asyncApiOf(contracts, info) : await jsonSchemas(contracts);
      const text = options.yaml === true ? await yamlText(printed) : `${JSON.stringify(printed, undefined, 2)}\n`;
      await line.terminal.write(text);
    })
    .addCommand(checkCommand(line));
}

function checkCommand(line: CommandLine): Command {
  return withConnection(new Command('check'))
    .description('Compare the contracts with what was released; ends with 1 when a change breaks readers')
    .addOption(new Option('--against <file>', 'with what `schema` printed then, JSON or YAML'))
    .addOption(new Option('--published', 'with what producers have published in the streams').conflicts('against'))
    .action(async (given: CheckOptions, command: Command) => {
      // What both commands know is given to the outer one.
      const options = { ...command.optsWithGlobals<CheckOptions>(), ...given };
      const output = line.output(options);
      const changes = await changesOf(line, options, output);
      const isBreaking = changes.some(({ verdict }) => verdict === 'breaking');
      await output.result({ breaking: isBreaking, changes }, () => changesText(changes, output));
      if (isBreaking) line.terminal.exitCode = EXIT.failed;
    });
}

async function changesOf(line: CommandLine, options: CheckOptions, output: Output): Promise<readonly SchemaChange[]> {
  const { contracts } = await contractsIn(line, options);
  if (options.against !== undefined) return checkSchema({ contracts, against: await released(options.against) });
  if (options.published !== true) throw new CommandFailure('compare with what? --against a file, or --published');
  const changes: SchemaChange[] = [];
  await line.onAll(options, async (connections) => {
    for (const connection of connections) {
      for (const stream of streamsOf(connection)) {
        const { schemas, document } = await readSchemas(connection.channel, stream);
        if (schemas.length === 0) output.note(`nothing was published in ${stream.contract}`);
        const own = contractsOf(connection, stream).map(({ cls }) => cls);
        if (schemas.length > 0) changes.push(...(await checkSchema({ contracts: own, against: document })));
      }
    }
  });
  return changes;
}

async function contractsIn(
  line: CommandLine,
  options: Pick<SourceOptions, 'config' | 'connection'>,
): Promise<{ readonly contracts: readonly ContractClass[]; readonly info: AsyncApiInfo }> {
  const { connections, info = INFO } = await line.config(options);
  const contracts = [...new Set([...connections.values()].flatMap((each) => each.contracts ?? []))];
  if (contracts.length === 0) throw new CommandFailure('the configuration has no contracts: `contracts: [Orders]`');
  return { contracts, info };
}

async function jsonSchemas(contracts: readonly ContractClass[]): Promise<Readonly<Record<string, unknown>>> {
  const events = contracts.flatMap((contract) => [...describeContract(contract).byType.values()]);
  const schemas = events.map(
    async (event) => [`${event.contract.name}/${event.type}`, await jsonSchemaOf(event)] as const,
  );
  return Object.fromEntries(await Promise.all(schemas));
}

async function released(file: string): Promise<SchemaDocument> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    throw new CommandFailure(`the file of --against cannot be read: ${code}`, EXIT.refused, { cause: error });
  });
  try {
    return (/\.ya?ml$/i.test(file) ? await parsedYaml(text) : JSON.parse(text)) as SchemaDocument;
  } catch (error) {
    if (error instanceof CommandFailure) throw error;
    throw new CommandFailure('the file of --against is neither JSON nor named .yaml', EXIT.refused, { cause: error });
  }
}

function changesText(changes: readonly SchemaChange[], output: Output): readonly string[] {
  if (changes.length === 0) return ['no changes'];
  const rows = changes.map(({ verdict, path, message }) => [verdict, path, message]);
  return output.table([{ head: 'verdict' }, { head: 'where', least: 20 }, { head: 'what', least: 20 }], rows);
}
