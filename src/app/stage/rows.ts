/** Heights that all houses share, so that rows line up across the stage. Pixels; everything hangs from y = 0, the sky. */
export interface Rows {
  readonly pods: number;
  readonly house: number;
  readonly veth: number;
  /** Bridges whose ports are the cables above. */
  readonly bridge: number;
  /** Ports of bridges of Open vSwitch: below those under the cables, and above those between hooks and NICs. */
  readonly ports: number;
  readonly lowPorts: number;
  readonly hall: number;
  readonly hallHeight: number;
  readonly process: number;
  readonly local: number;
  readonly forward: number;
  readonly device: number;
  readonly nic: number;
  readonly foot: number;
  readonly wire: number;
}

export const POD_HEIGHT = 50;
export const VETH_HEIGHT = 26;
export const PILL_HEIGHT = 24;
export const PROCESS_HEIGHT = 26;
export const DEVICE_HEIGHT = 36;
export const PORT_HEIGHT = 22;
/** Between a bridge and its ports. */
export const PORT_GAP = 6;
const MIN_HALL = 96;
const MAX_HALL = 220;

/**
 * `process`: some house needs the row for processes of the host itself. `bridges`: some house has a bridge under its cables, `devices`: one between its hooks and its NICs; `ports`, `lowPorts`: such a bridge has ports of its own. `lowVeths`: some cable would run into a house's title and all cables move one line down.
 * `capsule`: the height that the tallest packet needs in a hall.
 */
export function rowsFor({ process, bridges, devices, ports, lowPorts, lowVeths, capsule }: { readonly process: boolean; readonly bridges: boolean; readonly devices: boolean; readonly ports: boolean; readonly lowPorts: boolean; readonly lowVeths: boolean; readonly capsule: number }): Rows {
  const pods = 31;
  const house = pods + POD_HEIGHT + 8;
  const veth = house + (lowVeths ? 38 : 20);
  const bridge = veth + VETH_HEIGHT + 12;
  const roofPorts = bridge + DEVICE_HEIGHT + PORT_GAP;
  const hall = ports ? roofPorts + PORT_HEIGHT + 14 : bridges ? bridge + DEVICE_HEIGHT + 8 : veth + VETH_HEIGHT + 6;
  const hallHeight = Math.max(MIN_HALL, Math.min(capsule, MAX_HALL));
  const processRow = hall + hallHeight + 8;
  const local = processRow + (process ? PROCESS_HEIGHT + 14 : 0);
  const forward = local + 42;
  const device = forward + PILL_HEIGHT + 29 + (lowPorts ? PORT_HEIGHT + PORT_GAP + 4 : 0);
  const nic = devices ? device + DEVICE_HEIGHT + 12 : device;
  return { pods, house, veth, bridge, ports: roofPorts, lowPorts: device - PORT_GAP - PORT_HEIGHT, hall, hallHeight, process: processRow, local, forward, device, nic, foot: nic + DEVICE_HEIGHT / 2, wire: nic + DEVICE_HEIGHT + 18 };
}
