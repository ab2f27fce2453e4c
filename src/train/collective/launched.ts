import type { MpiKind } from "./mpi-library-node.js";

/** What says that a launcher such as mpirun started this process, and as which of how many. */
const LAUNCHERS = [
  { mpi: "Open MPI", rank: "OMPI_COMM_WORLD_RANK", size: "OMPI_COMM_WORLD_SIZE", local: "OMPI_COMM_WORLD_LOCAL_SIZE" },
  { mpi: "MPICH", rank: "PMI_RANK", size: "PMI_SIZE", local: "MPI_LOCALNRANKS" },
] as const;

export interface Launched {
  /** Whose launcher it was. */
  mpi: MpiKind;
  rank: number;
  size: number;
  onThisHost: number;
  /** A file by which ranks of one machine may find each other, in a folder of this job and user alone; null where there is none. */
  meeting: string | null;
}

/** What the launcher says of this process; null for one that is alone. */
export function launchedAs(env: Readonly<Record<string, string | undefined>>): Launched | null {
  for (const { mpi, rank, size, local } of LAUNCHERS) {
    const count = Number(env[size]);
    if (Number.isInteger(count) && count > 1)
      return {
        mpi,
        rank: Number(env[rank]),
        size: count,
        onThisHost: Number(env[local] ?? 1),
        meeting: meetingOf(env),
      };
  }
  return null;
}

/** Open MPI has a folder for each job, which it makes and removes. */
function meetingOf(env: Readonly<Record<string, string | undefined>>): string | null {
  const { PMIX_SERVER_TMPDIR: folder, PMIX_NAMESPACE: job } = env;
  return folder === undefined || job === undefined
    ? null
    : `${folder}/unrolled-${job.replaceAll(/[^\w.-]/g, "-")}.json`;
}
