// Long work at the server: begun here, found again after a reload, told until it ends.
import { goesOn } from "../core/jobs.ts";
import * as api from "./api.ts";
import { isLost, Refused } from "./api.ts";
import { studio } from "./studio.svelte.ts";
import type { Job } from "./wire.ts";

type Kind = Job["kind"];
const everyMs = 500;

class Work {
  /** The newest job of each kind. */
  newest: Partial<Record<Kind, Job>> = $state({});
  /** All that are known, by key. */
  #known: Record<string, Job> = $state({});
  /** What is under way or done was asked for, so that what is not there need not be waited for. */
  isFound = $state(false);
  #watched = new Set<string>();

  /** The newest job of a kind about something of its own. */
  about(kind: Kind, about: string): Job | undefined {
    return Object.values(this.#known).findLast((job) => job.kind === kind && job.about === about);
  }

  /** Finds what is under way or done: the server keeps it while pages come and go. */
  async find() {
    try {
      for (const job of (await api.jobs()).jobs.toReversed()) this.#keep(job);
      this.isFound = true;
    } catch (error) {
      studio.fail("page", error);
    }
  }

  async begin(wanted: () => Promise<Job>) {
    try {
      this.#keep(await wanted());
    } catch (error) {
      studio.fail("page", error);
    }
  }

  async end(kind: Kind, job = this.newest[kind]) {
    if (job) await this.begin(() => api.endJob(job.key));
  }

  #keep(job: Job) {
    this.newest[job.kind] = job;
    this.#known[job.key] = job;
    if (goesOn(job) && !this.#watched.has(job.key)) void this.#watch(job.key);
  }

  async #watch(key: string) {
    this.#watched.add(key);
    try {
      for (;;) {
        await new Promise((later) => setTimeout(later, everyMs));
        const job = await api.job(key);
        this.#keep(job);
        if (!goesOn(job)) return;
      }
    } catch (error) {
      if (isLost(error)) this.#forget(key);
      else studio.fail("page", error);
    } finally {
      this.#watched.delete(key);
    }
  }

  /** The studio was begun anew meanwhile, and knows nothing of it. */
  #forget(key: string) {
    delete this.#known[key];
    for (const job of Object.values(this.newest)) {
      if (job.key === key) delete this.newest[job.kind];
    }
    const rule = "The studio was started anew: what was under way there has ended.";
    studio.fail("page", new Refused(rule, "Begin it again."));
  }
}

export const work = new Work();
