const bytes = '여기 패킷에는 없는 내용 바이트를 읽습니다';
const time = '패킷 사이에 시간이 얼마나 흐르는지 알 수 없습니다';

/** match가 맞는지 알 수 없는 까닭. */
export const unknownMatches: Readonly<Record<string, string>> = {
  owner: '어느 프로세스가 보냈는지 덤프에 나오지 않습니다',
  socket: '프로세스의 소켓과 그 설정은 덤프에 나오지 않습니다',
  limit: time,
  hashlimit: time,
  connbytes: '연결이 지금까지 나른 양은 덤프에 나오지 않습니다',
  rateest: time,
  time: '시각을 묻습니다',
  string: bytes,
  bpf: bytes,
  u32: bytes,
  tcpmss: '조각이라 TCP 헤더가 보이지 않습니다',
  ecn: '조각이라 TCP 헤더가 보이지 않습니다',
  multiport: '이 프로토콜의 포트는 읽지 않습니다',
  realm: '그 장비만 아는 이름의 realm입니다',
  cluster: '커널이 연결을 해시합니다',
  cgroup: '프로세스의 그룹은 덤프에 나오지 않습니다',
  cpu: '어느 프로세서가 처리할지는 우연입니다',
  osf: '패킷의 특징으로 보낸 시스템을 짐작합니다',
};
