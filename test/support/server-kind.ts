/** A program that serves on a loopback port, and how to start it. */
export interface ProgramKind {
  readonly program: string;
  /** Debian packages that bring the program. */
  readonly packages: readonly string[];
  /** What must lie beside it, by full path: a program may be there for something else. */
  readonly files?: readonly string[];
  /** Where it may lie beside the PATH; a `*` stands for a version, of which the highest is taken. */
  readonly folders?: readonly string[];
  /** Whether root may not run it, so that `nobody` does in root's stead. */
  readonly refusesRoot?: boolean;
  /** What the program prints once it answers. */
  readonly ready: RegExp;
  /** Puts into the folder what the program must find there, where it is not there yet. */
  prepare?(place: Place): Promise<void>;
  /** Arguments for an instance on this loopback port that keeps all it writes in `folder`. */
  arguments(port: number, folder: string): string[];
  /** Once it answers, after each start. */
  started?(folder: string, port: number): Promise<void>;
}

/** How to come by a server of one kind; every way ends in the same URL form. */
export interface ServerKind extends ProgramKind {
  /** Environment variable with the URL of a server that is there already. */
  readonly variable: string;
  /** Port inside the container of docker-compose.yml, whose service bears the kind's name. */
  readonly containerPort: number;
  url(port: number): string;
}

/** Where an instance is about to start. */
export interface Place {
  /** Full path. */
  readonly program: string;
  readonly port: number;
  readonly folder: string;
  /** Writes a file into the folder that whoever runs the program can read; answers its full path. */
  write(name: string, text: string): Promise<string>;
  /** Runs another program to its end, in the folder and as who will run this one. */
  run(program: string, args: readonly string[], input?: string): Promise<void>;
}
