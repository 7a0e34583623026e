/** What the fields of Open vSwitch hold, for somebody who has never seen OpenFlow. Families have one entry: `reg` is reg0 to reg15. */
export const fieldWords = {
  in_port: 'The port of the bridge that the packet came in by.',
  actset_output: 'The port that the gathered actions will send it to.',
  tun_id: 'The network number in the tunnel header that was taken off: a VXLAN or Geneve VNI, a GRE key. Set by a rule, it goes into the next one.',
  tun_src: 'The machine at the other end of the tunnel that it came out of.',
  tun_dst: 'The machine that the tunnel leads to. A rule sets it before the packet goes out by a tunnel port.',
  tun_flags: 'Marks of the tunnel header: df (do not fragment), csum, key, oam.',
  tun_ttl: 'The TTL of the tunnel’s outer packet.',
  tun_tos: 'The type of service of the tunnel’s outer packet.',
  tun_gbp: 'The group policy that a VXLAN header carries.',
  tun_ipv6: 'The other end of a tunnel over IPv6.',
  tun_metadata: 'An option of the Geneve header. Which one, the tlv-map of the bridge says.',
  metadata: 'A number that rules hand on from table to table, 64 bits. It is not in the packet.',
  reg: 'A register: 32 bits in which one table leaves a note for the next. It is not in the packet and ends at the bridge’s edge.',
  xreg: 'Two registers side by side, 64 bits. It is not in the packet.',
  xxreg: 'Four registers side by side, 128 bits: room for an IPv6 address. It is not in the packet.',
  pkt_mark: 'The kernel’s mark of the packet (skb mark), the one that iptables calls mark.',
  skb_priority: 'The kernel’s priority of the packet, for queues.',
  dp_hash: 'A number that the switch computes from addresses and ports, to spread connections over the buckets of a group.',
  recirc_id: 'A number by which the switch knows a packet that comes back for another pass.',
  conj_id: 'Set when one rule of each kind of a list has matched: “any of these addresses and any of these ports” without a rule for each pair.',
  packet_type: 'What kind of packet it is: an Ethernet frame, unless something else is said.',
  ct_state: 'What connection tracking says of the packet. Each sign asks for one answer: + yes, - no.',
  ct_zone: 'Which table of connections was asked: zones keep them apart. Zone 0 is the one that iptables has.',
  ct_mark: 'A number that was written onto the connection, and comes back with each of its packets.',
  ct_label: 'Another 128 bits written onto the connection.',
  ct_nw: 'An address of the connection’s first packet, as it was before any translation.',
  ct_tp: 'A port of the connection’s first packet, as it was before any translation.',
  dl_src: 'The MAC address that the frame comes from.',
  dl_dst: 'The MAC address that the frame is for. The mask 01:00:00:00:00:00 asks only: is it for many?',
  dl_type: 'What is in the frame: 0x0800 IPv4, 0x86dd IPv6, 0x0806 ARP.',
  vlan_tci: 'The VLAN tag. 0x0000/0x1000 asks for a frame without one.',
  dl_vlan: 'The VLAN that the frame is tagged with.',
  mpls: 'A field of the MPLS label.',
  nw_src: 'The IP address that the packet comes from.',
  nw_dst: 'The IP address that the packet is for.',
  arp_spa: 'ARP: the address of the one who asks or answers.',
  arp_tpa: 'ARP: the address that is asked for, or whom the answer is for.',
  arp_sha: 'ARP: the MAC address of the one who asks or answers.',
  arp_tha: 'ARP: the MAC address of the one who is asked, or whom the answer is for.',
  arp_op: 'ARP: 1 is a question, 2 an answer.',
  nw_proto: 'What is in the packet: 1 ICMP, 6 TCP, 17 UDP, 132 SCTP.',
  nw_tos: 'The type of service (DSCP) in the IP header.',
  nw_ecn: 'The two bits of congestion notification in the IP header.',
  nw_ttl: 'How many more routers the packet may pass. A rule that plays router takes one off.',
  nw_frag: 'Whether it is a piece of a larger packet: no, yes, first, later.',
  tcp_flags: 'The flags of the TCP header: syn, ack, fin, rst and others.',
  tp_src: 'The port that the packet comes from.',
  tp_dst: 'The port that the packet is for. A mask stands for a range of ports.',
  icmp_type: 'What the ICMP message is: 8 asks for an echo, 0 is the echo, 3 says unreachable.',
  icmp_code: 'Which kind of that ICMP message it is.',
  ipv6: 'A field of the IPv6 header. No IPv4 packet has it.',
  nd: 'A field of IPv6 neighbour discovery, its ARP.',
  other: 'A field that no words here describe.',
} as const;

export type FieldWords = Readonly<Record<keyof typeof fieldWords, string>>;

/** What authors of rules use the free fields for. */
export const designWords = {
  ovn: {
    metadata: 'OVN: which logical switch or router the packet is in (its datapath key). It changes when it goes on to the next one.',
    reg14: 'OVN: inport, the logical port by which it came into this logical switch or router.',
    reg15: 'OVN: outport, the logical port by which it will leave. Chosen by the switch’s or router’s last ingress tables.',
    reg13: 'OVN: the zone of connection tracking of the logical port.',
    reg11: 'OVN: the router’s zone for translating destinations (DNAT).',
    reg12: 'OVN: the router’s zone for translating sources (SNAT).',
    reg10: 'OVN: flags, one bit each, such as “may go out where it came in”.',
    reg0: 'OVN: in a switch, marks such as “has to be tracked”; in a router, the next hop.',
    reg1: 'OVN: in a router, the address that the router itself would use; else notes of the tables.',
    tun_metadata0: 'OVN: the logical ports of sender and receiver, carried along in the Geneve header.',
    tun_id: 'OVN: the key of the logical switch or router, carried along in the Geneve header as its VNI.',
  },
  'openshift-sdn': {
    reg0: 'OpenShift SDN: the project (VNID) of the one who sends; 0 is the node, or a global project.',
    reg1: 'OpenShift SDN: the project (VNID) of the pod that it is for.',
    reg2: 'OpenShift SDN: the port of the pod that it is for.',
    tun_id: 'OpenShift SDN: the sender’s project (VNID), carried along in the VXLAN header.',
  },
} as const;

export type DesignWords = { readonly [D in keyof typeof designWords]: Readonly<Record<keyof (typeof designWords)[D], string>> };

export const ctStateWords = {
  new: 'begins a connection',
  est: 'belongs to a connection that both sides have seen',
  rel: 'belongs to a connection indirectly, as an ICMP error does',
  rpl: 'goes the other way than the first packet',
  inv: 'fits no connection',
  trk: 'connection tracking was asked',
  snat: 'its source is translated',
  dnat: 'its destination is translated',
} as const;

export type CtStateWords = Readonly<Record<keyof typeof ctStateWords, string>>;

/** Tables of OpenShift SDN (pkg/network/node/ovscontroller.go, SetupOVS). OVN numbers its own anew with each release. */
export const sdnTables = {
  0: 'where does it come from',
  10: 'out of the tunnel: from a known node?',
  20: 'from a pod: really its address?',
  21: 'from a pod: egress address',
  25: 'from a pod by way of the node',
  27: 'may the sender’s project do this',
  30: 'tracking of connections',
  31: 'where is it for',
  40: 'ARP for a pod here',
  50: 'ARP for another node',
  60: 'for a service: to the node’s kernel',
  70: 'for a pod here: its project and port',
  80: 'may this project reach the pod',
  90: 'for a pod elsewhere: which node',
  99: 'out of the cluster',
  100: 'out of the cluster: egress addresses',
  101: 'out of the cluster: egress rules',
  110: 'multicast out',
  111: 'multicast to other nodes',
  120: 'multicast to pods here',
  253: 'version of the rules',
} as const;

export type SdnTables = Readonly<Record<keyof typeof sdnTables, string>>;
