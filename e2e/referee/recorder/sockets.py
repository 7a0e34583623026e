"""The prober's sockets, and what listeners do."""
import errno, socket, struct

from watch import In

IP_MTU_DISCOVER, IP_PMTUDISC_DONT, IP_PMTUDISC_WANT, IP_PMTUDISC_DO = 10, 0, 1, 2
IP_PKTINFO, SO_MARK, IP_FREEBIND = 8, 36, 15
TCP_DEFER_ACCEPT = 9


class Client:
    """The prober's socket."""

    def __init__(self, space, p, nth):
        self.p, self.told, self.done = p, [], False
        proto = p["proto"]
        kind = {6: socket.SOCK_STREAM, 17: socket.SOCK_DGRAM}.get(proto, socket.SOCK_RAW)
        with In(space.path):
            self.sock = s = socket.socket(socket.AF_INET, kind, proto)
        s.setblocking(False)
        if kind != socket.SOCK_RAW:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if p.get("mark"):
            s.setsockopt(socket.SOL_SOCKET, SO_MARK, p["mark"])
        if p.get("ttl"):
            s.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, p["ttl"])
        if p.get("tos"):
            s.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, p["tos"])
        df = p.get("df")
        if df is not None:
            s.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO if df else IP_PMTUDISC_DONT)
        if proto == 6 and not p["size"] and (p.get("count") or 1) == 1:
            # The handshake's last ACK waits for data: the engine sends none either, and rules would see it.
            s.setsockopt(socket.IPPROTO_TCP, TCP_DEFER_ACCEPT, 1)
        if kind != socket.SOCK_RAW:
            s.setsockopt(socket.IPPROTO_IP, 11, 1)  # IP_RECVERR
        try:
            if kind == socket.SOCK_RAW:
                if p.get("src"):
                    s.bind((p["src"], 0))
            else:
                s.bind((p.get("src") or "0.0.0.0", (p["sport"] + nth) & 0xFFFF))
            self.start(proto, nth)
        except OSError as e:
            self.told.append(errno.errorcode.get(e.errno, str(e.errno)))

    def start(self, proto, nth):
        p, s = self.p, self.sock
        if proto == 6:
            try:
                s.connect((p["dst"], p["dport"]))
            except BlockingIOError:
                pass
        elif proto == 17:
            s.connect((p["dst"], p["dport"]))
            s.send(bytes(p["size"]))
        elif proto == 1:
            head = struct.pack(">BBHHH", 8, 0, 0, (p["sport"] + nth) & 0xFFFF, 1)
            data = head + bytes(p["size"])
            s.connect((p["dst"], 0))
            s.send(data[:2] + struct.pack(">H", checksum(data)) + data[4:])
        elif proto == 132:
            s.connect((p["dst"], 0))
            s.send(sctp((p["sport"] + nth) & 0xFFFF, p["dport"], 1, 0))
        else:
            s.connect((p["dst"], 0))
            s.send(bytes(p["size"]))

    def ready(self):
        """Something happened at the socket."""
        if self.done:
            return
        self.done = True
        error = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            self.told.append(errno.errorcode.get(error, str(error)))
            return
        if self.p["proto"] == 6:
            self.told.append("connected")
            if self.p["size"]:
                self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                try:
                    self.sock.send(bytes(self.p["size"]))
                except OSError as e:
                    self.told.append(errno.errorcode.get(e.errno, str(e.errno)))
        else:
            self.told.append("answer")

    def close(self):
        if self.p["proto"] == 6:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def sctp(sport, dport, chunk, vtag):
    body = struct.pack(">BBH", chunk, 0, 20) + struct.pack(">IIHHI", 0x01020304, 65536, 10, 10, 1)
    packet = struct.pack(">HHII", sport, dport, vtag, 0) + body
    return packet[:8] + struct.pack("<I", crc32c(packet)) + packet[12:]


def serve(space, fd, seen, p):
    """A listener's work: take a connection, send back as much as came."""
    kind, s = space.listeners[fd]
    silent = p is not None and p.get("reply") is False
    try:
        if kind == "tcp":
            c, who = s.accept()
            seen.append({"space": space.name, "proto": 6, "from": who, "to": c.getsockname()})
            space.held.append(c)
            return
        data, ancillary, _, who = s.recvmsg(65535, 256)
    except BlockingIOError:
        return
    except OSError:
        return
    if kind == "udp":
        to = next((struct.unpack("=I4s4s", d[:12])[2] for level, typ, d in ancillary if typ == IP_PKTINFO), b"\0" * 4)
        seen.append({"space": space.name, "proto": 17, "from": who, "to": [socket.inet_ntoa(to), s.getsockname()[1]]})
        if not silent and p is not None:
            try:
                s.sendmsg([data], [(socket.IPPROTO_IP, IP_PKTINFO, struct.pack("=I4s4s", 0, to, b"\0" * 4))], 0, who)
            except OSError:
                pass
        return
    ihl = (data[0] & 15) * 4
    src, dst, proto = socket.inet_ntoa(data[12:16]), socket.inet_ntoa(data[16:20]), data[9]
    if p is None or p.get("proto") != proto:
        return
    payload = data[ihl:]
    if proto == 132:
        sport, dport = struct.unpack(">HH", payload[:4])
        if payload[12] != 1:
            return
        payload = sctp(dport, sport, 2, 0x01020304)
    elif any(x["proto"] == proto for x in seen):
        return
    seen.append({"space": space.name, "proto": proto, "from": [src, 0], "to": [dst, 0]})
    if silent:
        return
    with In(space.path):
        r = socket.socket(socket.AF_INET, socket.SOCK_RAW, proto)
    try:
        r.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, data[1])
        r.bind((dst, 0))
        r.sendto(payload, (src, 0))
    except OSError:
        pass
    r.close()
