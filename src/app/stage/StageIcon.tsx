/** Pictures of what stands on the stage, 16 × 16, drawn in the current colour. */
export function StageIcon({ name }: { readonly name: string }) {
  return (
    <svg className="stage-icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <g fill="none" stroke="currentColor" strokeWidth="1.4" strokeLinecap="round" strokeLinejoin="round">
        {pictures[name] ?? pictures['other']}
      </g>
    </svg>
  );
}

const pictures: Readonly<Record<string, React.ReactNode>> = {
  client: <path d="M3.5 3.5h9v7h-9zM1.5 13h13" />,
  l3: (
    <>
      <circle cx="8" cy="8" r="6" />
      <path d="M5 6.4h5.4L8.9 5M11 9.6H5.6L7.1 11" />
    </>
  ),
  node: (
    <>
      <rect x="2" y="2.6" width="12" height="4.6" rx="1.2" />
      <rect x="2" y="8.8" width="12" height="4.6" rx="1.2" />
      <path d="M4.6 4.9h.1M4.6 11.1h.1" strokeWidth="1.8" />
    </>
  ),
  nic: (
    <>
      <rect x="2" y="3.4" width="12" height="9.2" rx="1.6" />
      <path d="M5.2 12.2V9.4M8 12.2V9.4M10.8 12.2V9.4" />
    </>
  ),
  tun: (
    <>
      <circle cx="8" cy="8" r="6" />
      <circle cx="8" cy="8" r="2.6" />
    </>
  ),
  dummy: <circle cx="8" cy="8" r="5.6" strokeDasharray="2.2 2.2" />,
  pod: <path d="m8 1.8 5.4 3.1v6.2L8 14.2l-5.4-3.1V4.9zM2.8 5 8 8l5.2-3M8 8v6" strokeWidth="1.3" />,
  veth: (
    <>
      <circle cx="4" cy="8" r="2.4" />
      <circle cx="12" cy="8" r="2.4" />
      <path d="M6.4 8h3.2" />
    </>
  ),
  bridge: (
    <>
      <rect x="2" y="6" width="12" height="4.4" rx="1.4" />
      <path d="M4.6 6V2.8M8 6V2.8M11.4 6V2.8M8 10.4v2.8" />
    </>
  ),
  // A bridge of Open vSwitch: ports above and below, and tables of rules inside.
  ovs: (
    <>
      <rect x="1.6" y="5" width="12.8" height="6" rx="1.4" />
      <path d="M4.6 5V2.4M8 5V2.4M11.4 5V2.4M4.6 13.6V11M8 13.6V11M11.4 13.6V11M4.4 8h7.2" />
    </>
  ),
  'port-internal': <path d="M3 8h6.4M7 5.2 9.8 8 7 10.8M12.6 3v10" />,
  'port-patch': (
    <>
      <path d="M5.4 8h5.2" />
      <rect x="1.8" y="5.6" width="3.6" height="4.8" rx="1" />
      <rect x="10.6" y="5.6" width="3.6" height="4.8" rx="1" />
    </>
  ),
  'port-queue': <path d="M3 4.4h10M3 8h10M3 11.6h10" />,
  'port-other': <circle cx="8" cy="8" r="3.4" />,
  loop: <path d="M12.6 5.2A5.4 5.4 0 1 0 13.4 8M13.6 2.6v3h-3" />,
  process: (
    <>
      <rect x="2" y="3" width="12" height="10" rx="1.6" />
      <path d="m5 6.4 2 1.8-2 1.8M8.6 10h2.6" />
    </>
  ),
  other: <rect x="3" y="3" width="10" height="10" rx="2" strokeDasharray="3 2" />,
  plus: <path d="M8 3.5v9M3.5 8h9" />,
  minus: <path d="M3.5 8h9" />,
  fit: <path d="M2.8 6V2.8H6M10 2.8h3.2V6M13.2 10v3.2H10M6 13.2H2.8V10" />,
  cross: <path d="m4.5 4.5 7 7m0-7-7 7" strokeWidth="2" />,
};
