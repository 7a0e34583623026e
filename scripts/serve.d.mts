import type { Server } from 'node:http';

/** The folder of the built page. */
export declare const DIST: string;

/** Serves the files below `root` on loopback. Resolves once it listens (port 0: any free one), rejects when the port is taken. */
export declare function serve(root: string, port: number): Promise<Server>;
