import { readFileSync } from 'node:fs';
import { commandKind } from '../dumps/section.ts';
import { dumpText, supportedCommands } from '../dumps/print.ts';
import { labProbe, labScript } from '../export/lab/lab.ts';
import { scenarios } from '../scenarios/catalogue.ts';
import { readProbe } from '../share/probeWords.ts';
import { diagnosticText } from '../text/diagnostics.ts';
import { findHost, findNetns } from '../world/lookup.ts';
import { type Args, parseArgs, valueOf } from './args.ts';
import { BAD_INPUT, BAD_USAGE, CliError, type Io, OK } from './io.ts';
import { answerOfproto, failedOfproto, readOfprotoLine } from './ofprotoCommand.ts';
import { scenarioJson } from './scenarioJson.ts';
import { type Loaded, loadSource } from './source.ts';
import { answerLink, answerProbe, type TraceOptions } from './traceCommand.ts';

const USAGE = `usage:
  npm run -s cli -- scenarios
  npm run -s cli -- world  SOURCE
  npm run -s cli -- check  SOURCE
  npm run -s cli -- dump   SOURCE --host HOST [--netns NAME] COMMAND...
  npm run -s cli -- trace  SOURCE (--probe JSON | --probes FILE.jsonl) [--all] [--steps] [--format json|text]
  npm run -s cli -- trace  LINK [--all] [--steps] [--format json|text]
  npm run -s cli -- ofproto SOURCE --host HOST BRIDGE FLOW [--ct-next STATE]... [--format json|text]
  npm run -s cli -- ofproto SOURCE [--host HOST] --flows FILE.jsonl [--format json|text]
  npm run -s cli -- lab    SOURCE > lab.sh

SOURCE is a scenario (${scenarios.map((s) => s.id).join(', ')}; with parameters as in "ipvs-metallb?policy=Local"), a link of the page,
a folder of dumps, an archive of one (.tar, .tar.gz, .tar.xz), a World as "world" prints it, or - for standard input.
COMMAND is one of: ${supportedCommands.join('; ')}.
A probe: {"id":"p1","from":{"host":"node1","netns":"pod1"},"dst":"10.0.0.1","proto":"tcp","dport":80}
         {"from":{"outside":"192.0.2.1"},"dst":"svc/default/web"}
Exit status: 0 answered, 1 the input cannot be used, 2 wrong usage.
`;

/**
 * Runs the command line. Resolves to the exit status of HEADLESS.md: 0 answered, 1 the input cannot be used, 2 wrong usage.
 * JSON (or the text that was asked for) goes to `io.out`, everything for people to `io.err`.
 */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  try {
    const [command, ...rest] = argv;
    if (command === undefined) throw new CliError(BAD_USAGE, 'a command is missing');
    if (command === 'help' || command === '--help' || command === '-h') {
      io.err(USAGE);
      return OK;
    }
    const found = Object.hasOwn(commands, command) ? commands[command] : undefined;
    if (!found) throw new CliError(BAD_USAGE, `unknown command ${command}`);
    return await found(rest, io);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    io.err(`packetwalk: ${error.message}\n`);
    if (error.status === BAD_USAGE) io.err('"npm run -s cli -- help" shows how it is used\n');
    return error.status;
  }
}

type Command = (argv: readonly string[], io: Io) => Promise<number>;

const commands: Readonly<Record<string, Command>> = {
  scenarios: listScenarios,
  world: printWorld,
  check: checkInput,
  dump: printDump,
  trace: traceProbes,
  ofproto: followFlows,
  lab: printLab,
};

const jsonLine = (value: unknown): string => `${JSON.stringify(value)}\n`;

/** The command's SOURCE, which must be its only word. */
function onlySource(args: Args): string {
  const [source, extra] = args.words;
  if (source === undefined) throw new CliError(BAD_USAGE, 'SOURCE is missing');
  if (extra !== undefined) throw new CliError(BAD_USAGE, `one SOURCE, not also ${extra}`);
  return source;
}

/** The SOURCE, refused when it describes no machine. What else is wrong with it is counted for people. */
async function loadUsable(source: string, io: Io): Promise<Loaded> {
  const loaded = await loadSource(source, io);
  if (loaded.world.hosts.length === 0) throw new CliError(BAD_INPUT, `${source}: nothing in it belongs to a machine ("check" says what was found)`);
  const problems = loaded.diagnostics.filter((d) => d.severity !== 'info').length;
  if (problems > 0) io.err(`packetwalk: ${problems} ${problems === 1 ? 'problem' : 'problems'} in the input; "check" lists them\n`);
  return loaded;
}

async function listScenarios(argv: readonly string[], io: Io): Promise<number> {
  const [extra] = parseArgs(argv, {}).words;
  if (extra !== undefined) throw new CliError(BAD_USAGE, `scenarios takes no arguments, not ${extra}`);
  for (const scenario of scenarios) io.out(jsonLine(scenarioJson(scenario)));
  return OK;
}

async function printWorld(argv: readonly string[], io: Io): Promise<number> {
  const { world } = await loadUsable(onlySource(parseArgs(argv, {})), io);
  io.out(jsonLine(world));
  return OK;
}

async function checkInput(argv: readonly string[], io: Io): Promise<number> {
  const { world, diagnostics } = await loadSource(onlySource(parseArgs(argv, {})), io);
  for (const d of diagnostics) io.out(jsonLine({ severity: d.severity, code: d.code, input: d.input, line: d.line, text: d.text, message: diagnosticText(d, 'en') }));
  return world.hosts.length === 0 ? BAD_INPUT : OK;
}

/** Kinds of output that a World can be printed as. */
const printable = new Set(supportedCommands.map((c) => commandKind(c).kind));

async function printDump(argv: readonly string[], io: Io): Promise<number> {
  const args = parseArgs(argv, { host: 'value', netns: 'value' }, 2);
  const [source, ...words] = args.words;
  if (source === undefined) throw new CliError(BAD_USAGE, 'SOURCE is missing');
  const command = words.join(' ').trim();
  if (command === '') throw new CliError(BAD_USAGE, 'COMMAND is missing');
  const host = valueOf(args, 'host');
  if (host === undefined) throw new CliError(BAD_USAGE, '--host is missing');
  if (!printable.has(commandKind(command).kind)) throw new CliError(BAD_USAGE, `${command}: not built yet (built: ${supportedCommands.join('; ')})`);
  const { world } = await loadUsable(source, io);
  const netns = valueOf(args, 'netns') ?? null;
  const found = findHost(world, host);
  if (!found) throw new CliError(BAD_USAGE, `there is no host ${host} (there are: ${world.hosts.map((h) => h.name).join(', ')})`);
  if (!findNetns(world, host, netns)) throw new CliError(BAD_USAGE, `${host} has no namespace ${netns ?? ''} (it has: ${found.netns.flatMap((n) => n.name ?? []).join(', ') || 'none'})`);
  const text = dumpText(world, host, netns, command);
  if (text === undefined) throw new CliError(BAD_INPUT, `the input does not say what ${command} prints there`);
  io.out(text);
  return OK;
}

/** The script; what the world has and the lab has not is said on the way. */
async function printLab(argv: readonly string[], io: Io): Promise<number> {
  const source = onlySource(parseArgs(argv, {}));
  const { world, link } = await loadUsable(source, io);
  const read = link?.from === undefined || link.to === undefined ? undefined : readProbe(world, { from: link.from, to: link.to, via: link.via, proto: link.proto ?? 'tcp', sport: link.sport, size: link.size });
  const lab = labScript(world, { title: source.length > 200 ? 'a link' : source, ...(read?.ok ? labProbe(read.value) : {}) });
  for (const missing of lab.cannot) io.err(`packetwalk: not in the lab: ${missing}\n`);
  io.out(lab.script);
  return OK;
}

function traceOptions(args: Args): TraceOptions {
  const format = valueOf(args, 'format') ?? 'json';
  if (format === 'pcap') throw new CliError(BAD_USAGE, '--format pcap: not built yet');
  if (format !== 'json' && format !== 'text') throw new CliError(BAD_USAGE, `--format is json or text, not ${format}`);
  return { all: args.flags.has('all'), steps: args.flags.has('steps'), format };
}

async function traceProbes(argv: readonly string[], io: Io): Promise<number> {
  const args = parseArgs(argv, { probe: 'value', probes: 'value', all: 'flag', steps: 'flag', format: 'value' });
  const source = onlySource(args);
  const options = traceOptions(args);
  const probe = valueOf(args, 'probe');
  const file = valueOf(args, 'probes');
  if (probe !== undefined && file !== undefined) throw new CliError(BAD_USAGE, 'either --probe JSON or --probes FILE.jsonl');
  if (file === '-' && source === '-') throw new CliError(BAD_USAGE, 'SOURCE and --probes cannot both be standard input');
  if (file === undefined) {
    const { world, link } = await loadUsable(source, io);
    if (probe === undefined && (link?.from === undefined || link.to === undefined)) throw new CliError(BAD_USAGE, 'either --probe JSON or --probes FILE.jsonl, or a link that says from and to');
    const answer = probe === undefined && link ? answerLink(world, link, options) : answerProbe(world, probe ?? '', options);
    io.out(answer.text);
    if (answer.error !== undefined) throw new CliError(BAD_USAGE, `${probe === undefined ? 'the link' : '--probe'}: ${answer.error}`);
    return OK;
  }
  const lines = (await readProbes(file, io)).split('\n');
  const { world } = await loadUsable(source, io);
  let wrong = 0;
  for (const line of lines) {
    if (line.trim() === '') continue;
    const answer = answerProbe(world, line, options);
    if (answer.error !== undefined) wrong++;
    io.out(answer.text);
  }
  if (wrong > 0) io.err(`packetwalk: ${wrong} of the probes could not be answered; their lines have "error"\n`);
  return OK;
}

/** `--format` of a command that answers in JSON or in lines. */
function formatOf(args: Args): 'json' | 'text' {
  const format = valueOf(args, 'format') ?? 'json';
  if (format !== 'json' && format !== 'text') throw new CliError(BAD_USAGE, `--format is json or text, not ${format}`);
  return format;
}

async function followFlows(argv: readonly string[], io: Io): Promise<number> {
  const args = parseArgs(argv, { host: 'value', flows: 'value', 'ct-next': 'list', format: 'value' });
  const format = formatOf(args);
  const [source, bridge, flow, extra] = args.words;
  const file = valueOf(args, 'flows');
  const host = valueOf(args, 'host');
  const ctNext = args.values['ct-next'] ?? [];
  if (source === undefined) throw new CliError(BAD_USAGE, 'SOURCE is missing');
  if (file === undefined) {
    if (bridge === undefined || flow === undefined) throw new CliError(BAD_USAGE, 'either BRIDGE and FLOW or --flows FILE.jsonl');
    if (extra !== undefined) throw new CliError(BAD_USAGE, `one FLOW, not also ${extra}`);
    if (host === undefined) throw new CliError(BAD_USAGE, '--host is missing');
    const { world } = await loadUsable(source, io);
    const answer = answerOfproto(world, { id: undefined, host, bridge, flow, ctNext, choices: {}, size: undefined }, format);
    io.out(answer.text);
    if (answer.error !== undefined) throw new CliError(BAD_USAGE, answer.error);
    return OK;
  }
  if (bridge !== undefined || ctNext.length > 0) throw new CliError(BAD_USAGE, 'with --flows the lines of the file say bridge, flow and ct_next');
  if (file === '-' && source === '-') throw new CliError(BAD_USAGE, 'SOURCE and --flows cannot both be standard input');
  const lines = (await readProbes(file, io)).split('\n');
  const { world } = await loadUsable(source, io);
  let wrong = 0;
  for (const line of lines) {
    if (line.trim() === '') continue;
    const read = readOfprotoLine(line);
    const answer = read.ok ? answerOfproto(world, { ...read.value, host: read.value.host ?? host }, format) : failedOfproto(read.id, read.error, format);
    if (answer.error !== undefined) wrong++;
    io.out(answer.text);
  }
  if (wrong > 0) io.err(`packetwalk: ${wrong} of the flows could not be answered; their lines have "error"\n`);
  return OK;
}

async function readProbes(file: string, io: Io): Promise<string> {
  if (file === '-') return new TextDecoder().decode(await io.stdin());
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CliError(BAD_INPUT, `${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
