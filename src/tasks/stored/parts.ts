import { Generator } from "../../base/random.js";
import type { Told } from "../../base/report.js";
import { RecordFile, type StoredRecord } from "../../io/record-file.js";
import { opening } from "../../io/scratch.js";
import { Fingerprint } from "../training/fingerprint.js";
import { MOST_IN_PART, type SampleCodec, StoredSamples } from "./samples.js";

/** What was read of files, put aside until all of it was seen. */
export class RawParts {
  readonly train: RecordFile;
  readonly validation: RecordFile;

  /** @throws FileError where no file can be had */
  constructor() {
    [this.train, this.validation] = opening((keep) => [keep(new RecordFile()), keep(new RecordFile())] as const);
  }

  flush(): void {
    this.train.flush();
    this.validation.flush();
  }

  close(): void {
    this.train.close();
    this.validation.close();
  }
}

/** Samples on the disk. */
export interface StoredParts<S> {
  train: StoredSamples<S>;
  validation: StoredSamples<S>;
  /** Says whether a run goes on with what it began with. */
  fingerprint: string;
  close(): void;
}

export interface StoredPartsOptions {
  /** Draws into which part a sample comes, where they are too many for one order. */
  seed: number;
  mostInPart?: number | undefined;
  told?: Told | undefined;
}

/** What a record becomes: samples, of which `seen` is told. */
export type SamplesOf<S> = (record: StoredRecord, isHeld: boolean, seen: Fingerprint) => Iterable<S>;

/** What was put aside, as samples: those to train on first. Afterwards it can be closed. */
export function storedParts<S>(
  raw: RawParts,
  codec: SampleCodec<S>,
  samplesOf: SamplesOf<S>,
  { seed, mostInPart = MOST_IN_PART, told }: StoredPartsOptions,
): StoredParts<S> {
  raw.flush();
  const parts = Math.max(1, Math.ceil(raw.train.length / mostInPart));
  const [train, validation] = opening(
    (keep) => [keep(new StoredSamples(parts, codec)), keep(new StoredSamples(1, codec))] as const,
  );
  const close = () => {
    train.close();
    validation.close();
  };
  try {
    const lot = new Generator(seed);
    const seen = new Fingerprint();
    const total = raw.train.length + raw.validation.length;
    let done = 0;
    for (const isHeld of [false, true]) {
      for (const record of isHeld ? raw.validation : raw.train) {
        if (done++ % TELLING === 0) told?.(done - 1, total);
        const part = isHeld || parts === 1 ? 0 : lot.integer(parts);
        for (const sample of samplesOf(record, isHeld, seen)) (isHeld ? validation : train).append(part, sample);
      }
      seen.endPart();
    }
    told?.(total, total);
    train.flush();
    validation.flush();
    return { train, validation, fingerprint: seen.text, close };
  } catch (error) {
    close();
    throw error;
  }
}

const TELLING = 1024;
