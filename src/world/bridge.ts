/** What `ip -d link` says about a bridge (print_opt of iproute2 ip/iplink_bridge.c), as far as frames depend on it. */
export interface Bridge {
  readonly vlanFiltering: boolean;
  /** 802.1Q or 802.1ad: the tag that the bridge reads. */
  readonly vlanProtocol: '802.1Q' | '802.1ad';
  readonly stp: boolean;
  /** The bridge's own `nf_call_iptables`; the sysctl does the same for all of them. */
  readonly callIptables: boolean;
}

/** What the `bridge_slave` line of `ip -d link`, or `bridge -d link`, says about a port. */
export interface BridgePort {
  readonly state: 'disabled' | 'listening' | 'learning' | 'forwarding' | 'blocking';
  readonly hairpin: boolean;
  readonly learning: boolean;
  readonly flood: boolean;
  readonly mcastFlood: boolean;
  readonly bcastFlood: boolean;
  readonly isolated: boolean;
  readonly neighSuppress: boolean;
  readonly proxyArp: boolean;
  readonly proxyArpWifi: boolean;
  readonly locked: boolean;
  readonly vlanTunnel: boolean;
  /** `port_no`: ports are flooded from the newest to the oldest, which mostly is from the highest number down. */
  readonly number: number | undefined;
}

/** A port as it is made: what a listing without details leaves out. */
export const NEW_PORT: BridgePort = {
  state: 'forwarding',
  hairpin: false,
  learning: true,
  flood: true,
  mcastFlood: true,
  bcastFlood: true,
  isolated: false,
  neighSuppress: false,
  proxyArp: false,
  proxyArpWifi: false,
  locked: false,
  vlanTunnel: false,
  number: undefined,
};

/** One line of `bridge vlan show`. */
export interface BridgeVlan {
  readonly vid: number;
  /** Last of a range, else `vid`. */
  readonly to: number;
  /** Frames without a tag belong to it. */
  readonly pvid: boolean;
  /** Frames leave without a tag. */
  readonly untagged: boolean;
}

/** A device for one VLAN of the device below it. */
export interface VlanDevice {
  readonly id: number;
  readonly protocol: '802.1Q' | '802.1ad';
}

export type MacvlanMode = 'private' | 'vepa' | 'bridge' | 'passthru' | 'source';
