/**
 * A new version of the page: fetched by a reload, between two scenes, and only when the server has just answered. The version is
 * part of the address of everything that a page loads; pages in development have none.
 */

/** How long a new version waits for a change of scene, in milliseconds. */
const PATIENCE_MS = 300_000;

/** The version of a page, by its source. @param {string} html */
export const versionOf = (html) => /"\/assets\/([0-9a-f]{16})\//.exec(html)?.[1] ?? null;

export class Renewal {
  /**
   * @param {{own: string | null, read: () => Promise<string>, reload: () => void, renewed: (version?: string) => string | null, now: () => number}} hooks
   *   `own`: this page's version; `read`: the page's source as the server has it now; `renewed`: notes, or says, for which
   *   version this screen was last loaded anew
   */
  constructor(hooks) {
    this.hooks = hooks;
    /** @type {number | null} since when a new version waits */
    this.since = null;
    this.busy = false;
  }

  /** Looks whether the server has another version, as after it came back. */
  async look() {
    const version = await this.read();
    this.since = version === null ? null : (this.since ?? this.hooks.now());
  }

  /** The version to change to; nothing where it is the same, or has been tried, or the server does not answer. */
  async read() {
    try {
      const version = versionOf(await this.hooks.read());
      const { own } = this.hooks;
      return version !== null && own !== null && version !== own && version !== this.hooks.renewed() ? version : null;
    } catch {
      return null;
    }
  }

  /** Changes to it, if it is time. @param {boolean} between two scenes */
  async renew(between) {
    if (this.since === null || this.busy || !(between || this.hooks.now() - this.since > PATIENCE_MS)) return;
    this.busy = true;
    const version = await this.read();
    this.busy = false;
    if (version === null) return;
    this.since = null;
    this.hooks.renewed(version);
    this.hooks.reload();
  }
}

/** The renewal of this page. */
export function renewal() {
  const script = document.querySelector('script[type="module"]');
  return new Renewal({
    own: versionOf(`"${script?.getAttribute("src") ?? ""}`),
    read: async () => {
      const answer = await fetch(location.pathname, { cache: "no-store", signal: AbortSignal.timeout(8000) });
      if (!answer.ok) throw new Error(String(answer.status));
      return answer.text();
    },
    reload: () => location.reload(),
    renewed: (version) => {
      if (version !== undefined) sessionStorage.setItem("renewed", version);
      return sessionStorage.getItem("renewed");
    },
    now: () => performance.now(),
  });
}
