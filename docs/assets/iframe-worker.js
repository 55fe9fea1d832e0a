// Search without a server: a browser starts no worker from a file, so the script of the search runs
// in a hidden frame, which is spoken to as a worker is. Nothing happens on a site that is served.
if (location.protocol === "file:") {
  window.IFrameWorker = window.Worker = class extends EventTarget {
    constructor(url) {
      super();
      const frame = document.createElement("iframe");
      frame.hidden = true;
      frame.srcdoc = "<!doctype html><title>search</title>";
      this.send = new Promise((ready) => {
        frame.onload = () => {
          const inside = frame.contentWindow;
          const send = inside.postMessage.bind(inside);
          inside.postMessage = (data) => this.dispatchEvent(new MessageEvent("message", { data }));
          const script = inside.document.createElement("script");
          script.src = url;
          script.onload = () => ready(send);
          inside.document.body.append(script);
        };
      });
      document.body.append(frame);
    }

    postMessage(data) {
      this.send.then((send) => send(data, "*"));
    }

    terminate() {}
  };
}
