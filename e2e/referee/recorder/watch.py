"""What happens in a network namespace: frames of all devices, and TRACE events."""
import ctypes, errno, mmap, os, socket, struct

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
HOME = os.open("/proc/self/ns/net", os.O_RDONLY)
ETH_P_ALL = 3
SOL_PACKET, PACKET_RX_RING, PACKET_VERSION, TPACKET_V2 = 263, 5, 10, 1
FRAME, BLOCK, BLOCKS = 2048, 1 << 18, 8
NETLINK_NETFILTER = 12


class In:
    """The rest of the block happens in a network namespace; sockets stay where they were made."""

    def __init__(self, path):
        self.path = path

    def __enter__(self):
        fd = os.open(self.path, os.O_RDONLY)
        try:
            if LIBC.setns(fd, CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns " + self.path)
        finally:
            os.close(fd)

    def __exit__(self, *_):
        if LIBC.setns(HOME, CLONE_NEWNET) != 0:
            raise SystemExit("cannot come home")


def attr(kind, data):
    raw = struct.pack("=HH", 4 + len(data), kind) + data
    return raw + b"\0" * (-len(raw) % 4)


def nfnl(sock, kind, flags, family, res, attrs):
    body = struct.pack("=BBH", family, 0, socket.htons(res)) + attrs
    sock.send(struct.pack("=IHHII", 16 + len(body), kind, flags, 1, 0) + body)


def nflog_socket():
    s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
    s.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)  # SO_RCVBUFFORCE
    s.bind((0, 0))
    config = (4 << 8) | 1
    for family, group, cmd in ((socket.AF_INET, 0, 4), (socket.AF_INET, 0, 3), (socket.AF_UNSPEC, 0, 1)):
        nfnl(s, config, 5, family, group, attr(1, bytes([cmd])))
        s.recv(65536)
    nfnl(s, config, 5, 0, 0, attr(2, struct.pack(">IBx", 0xFFFF, 2)) + attr(5, struct.pack(">I", 1)) + attr(4, struct.pack(">I", 0)))
    s.recv(65536)
    s.setblocking(False)
    return s


class Ring:
    """A packet socket for all devices of a namespace. Its frames are copies that later hops cannot change."""

    def __init__(self):
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.sock.setsockopt(SOL_PACKET, PACKET_VERSION, TPACKET_V2)
        self.count = BLOCK // FRAME * BLOCKS
        self.sock.setsockopt(SOL_PACKET, PACKET_RX_RING, struct.pack("IIII", BLOCK, BLOCKS, FRAME, self.count))
        self.map = mmap.mmap(self.sock.fileno(), BLOCK * BLOCKS)
        self.at = 0

    def read(self):
        out = []
        while True:
            base = self.at * FRAME
            status, length, snap, mac, net, sec, nsec, tci, tpid = struct.unpack_from("=IIIHHIIHH", self.map, base)
            if not status & 1:
                return out
            family, proto, ifindex, hatype, pkttype = struct.unpack_from("=HHiHB", self.map, base + 32)
            ether = hatype in (1, 772)
            start = mac if ether else net
            size = snap if ether else snap - (net - mac)
            out.append({
                "t": sec * 10**9 + nsec,
                "ifindex": ifindex,
                "type": pkttype,
                "ether": ether,
                "proto": socket.ntohs(proto),
                "len": length if ether else length - (net - mac),
                "vlan": tci & 0xFFF if status & 0x10 else None,
                "hex": self.map[base + start : base + start + size].hex(),
            })
            struct.pack_into("=I", self.map, base, 0)
            self.at = (self.at + 1) % self.count

    def close(self):
        self.map.close()
        self.sock.close()


def read_nflog(sock):
    out = []
    while True:
        try:
            data = sock.recv(1 << 18)
        except BlockingIOError:
            return out
        except OSError as e:
            if e.errno == errno.ENOBUFS:
                out.append({"lost": True})
                continue
            raise
        at = 0
        while at + 16 <= len(data):
            size, kind = struct.unpack_from("=IH", data, at)
            if kind == (4 << 8):
                event = {"mark": 0}
                pos = at + 20
                while pos + 4 <= at + size:
                    alen, akind = struct.unpack_from("=HH", data, pos)
                    value = data[pos + 4 : pos + alen]
                    akind &= 0x3FFF
                    if akind == 1:
                        event["hook"] = value[2]
                    elif akind == 2:
                        event["mark"] = struct.unpack(">I", value)[0]
                    elif akind in (4, 5, 6, 7):
                        event[{4: "in", 5: "out", 6: "physin", 7: "physout"}[akind]] = struct.unpack(">I", value)[0]
                    elif akind == 9:
                        event["hex"] = value[:160].hex()
                    elif akind == 10:
                        event["prefix"] = value.rstrip(b"\0").decode("latin1")
                    pos += alen + (-alen % 4)
                out.append(event)
            at += size + (-size % 4)
