// What shows a part of what the reader has done, and shows it anew when that changes elsewhere.
import "../explorables/base.js";

class Following extends GpuElement {
  changed = () => this.follow();

  connectedCallback() {
    super.connectedCallback();
    document.addEventListener("progress-changed", this.changed);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    document.removeEventListener("progress-changed", this.changed);
  }
}

export { Following };
