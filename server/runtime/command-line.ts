import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { ConfigError, type LoadedConfig, loadConfig } from './config/load.ts'
import { printConfig } from './config/print.ts'

/** What the demo adds to a start. */
export interface DemoOptions {
  /** Name of the fault to switch on at once; undefined: none. */
  readonly incident: string | undefined
  /** Wait until the incident shows through the API, print the answers, end with 0. */
  readonly exitAfterCheck: boolean
}

/** The work behind the commands, given by `main.ts`. A rejected promise ends the program with 1 and its message. */
export interface CommandActions {
  /** Judges what the settings alone do not show, such as pipelines. Throws: Error whose message names the faults. */
  check?(loaded: LoadedConfig): void
  start(loaded: LoadedConfig): Promise<void>
  demo(loaded: LoadedConfig, options: DemoOptions): Promise<void>
}

/** The world around the command line; tests give their own. */
export interface CommandWorld {
  readonly version: string
  readonly environment: NodeJS.ProcessEnv
  readonly folder: string
  readonly out: (text: string) => void
  readonly error: (text: string) => void
}

/** The fault of the shop that `--incident` alone means: checkout is slow since payments wait for a connection. */
const defaultIncident = 'connection-pool'

interface StartFlags {
  readonly config?: string
  readonly role?: string
}

/** The one word that stands for a setting of another name. */
const roleFlag = '--roles'

const settingsHelp = `
Every setting is also a flag (--http.listen=:8080), an environment variable (SIGHTLINE_HTTP_LISTEN) and an entry
of sightline.yaml; flags win over the environment, the environment over the file. \`sightline config print\` shows
all of them with their values.`

/**
 * Runs one command line (without the program's name) and resolves with the exit status: 0, 1 for a failure, 2 for
 * a command line or a configuration that cannot be used. Errors are written for people, with no stack.
 */
export async function runCommandLine(
  args: readonly string[],
  actions: CommandActions,
  world: CommandWorld,
): Promise<number> {
  const program = buildProgram(actions, world)
  try {
    await program.parseAsync(args, { from: 'user' })
    return 0
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    if (error instanceof ConfigError) {
      world.error(`The configuration cannot be used:\n${indent(error.message)}\n`)
      return 2
    }
    world.error(`${error instanceof Error ? error.message : String(error)}\n`)
    return 1
  }
}

function buildProgram(actions: CommandActions, world: CommandWorld): Command {
  const program = new Command('sightline')
    .description('Metrics, logs and traces in one program.')
    .version(world.version, '--version', 'print the version')
    .exitOverride()
    .configureOutput({ writeOut: world.out, writeErr: world.error })
    .showHelpAfterError('Run `sightline --help` to see the commands.')
  const load = (flags: StartFlags, rest: readonly string[]) => loadFor(world, flags, rest)

  withSettings(program.command('start').description('start Sightline and stay until it is told to stop')).action(
    async (flags: StartFlags, command: Command) => actions.start(load(flags, command.args)),
  )
  withSettings(program.command('demo').description('start Sightline together with a shop that sends it real telemetry'))
    .addOption(new Option('--incident [name]', 'switch a fault of the shop on at once').preset(defaultIncident))
    .option('--exit-after-check', 'wait until the incident shows, print what the API answers, and end', false)
    .action(async (flags: StartFlags & DemoOptions, command: Command) =>
      actions.demo(load(flags, command.args), { incident: flags.incident, exitAfterCheck: flags.exitAfterCheck }),
    )
  const config = program.command('config').description('look at the configuration')
  withSettings(config.command('print').description('print the merged configuration and where each value comes from'))
    .option('--format <yaml|json>', 'how it is written', asFormat, 'yaml')
    .action((flags: StartFlags & { format: 'yaml' | 'json' }, command: Command) =>
      world.out(printConfig(load(flags, command.args), flags.format)),
    )
  withSettings(config.command('check').description('check the configuration and name every fault')).action(
    (flags: StartFlags, command: Command) => {
      const loaded = load(flags, command.args)
      const { file } = loaded
      actions.check?.(loaded)
      world.out(`The configuration is right (${file === undefined ? 'no file' : file}).\n`)
    },
  )
  program
    .command('version')
    .description('print the version')
    .action(() => world.out(`${world.version}\n`))
  return program
}

/** Options of every command that reads the configuration; what commander does not know is judged as a setting. */
function withSettings(command: Command): Command {
  return command
    .option('--config <file>', 'configuration file (default: sightline.yaml if it is there)')
    .option('--role <roles>', 'roles of this process, parted by commas: receive, write, query, alert (default: all)')
    .allowUnknownOption()
    .allowExcessArguments()
    .addHelpText('after', settingsHelp)
}

function loadFor(world: CommandWorld, flags: StartFlags, rest: readonly string[]): LoadedConfig {
  const role = flags.role === undefined ? [] : [roleFlag, flags.role]
  return loadConfig({
    file: flags.config,
    environment: world.environment,
    flags: [...role, ...rest],
    folder: world.folder,
  })
}

function asFormat(text: string): string {
  if (text === 'yaml' || text === 'json') return text
  throw new InvalidArgumentError('Expected yaml or json.')
}

function indent(text: string): string {
  return text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n')
}
