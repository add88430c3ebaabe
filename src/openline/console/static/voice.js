// One round of a call's voice: a connection with a certificate of its own, through our own station's relay and in no
// other way (spec 5.10.3). What the other side's browser says of itself is never read: its description is written here.

/**
 * @typedef {{round: number, fingerprint: string, ufrag: string, pwd: string, payload_type: number}} Half
 * @typedef {{address: string, port: number}} Relay
 */

const READ_MS = 50;
const READS_MAX = 60;
const hex = (bytes) => [...new Uint8Array(bytes)].map((x) => x.toString(16).padStart(2, "0")).join("");

/**
 * The remote description for this browser.
 * @param {Half} theirs @param {Relay} relay @param {string} mid of our own offer @param {boolean} caller
 */
export function description(theirs, relay, mid, caller) {
  const kind = theirs.payload_type;
  return [
    "v=0",
    "o=- 1 1 IN IP4 0.0.0.0",
    "s=-",
    "t=0 0",
    `a=group:BUNDLE ${mid}`,
    `m=audio 9 UDP/TLS/RTP/SAVPF ${kind}`,
    "c=IN IP4 0.0.0.0",
    `a=mid:${mid}`,
    "a=sendrecv",
    "a=rtcp-mux",
    `a=rtpmap:${kind} opus/48000/2`,
    `a=fmtp:${kind} minptime=20;useinbandfec=1;cbr=1`,
    `a=ice-ufrag:${theirs.ufrag}`,
    `a=ice-pwd:${theirs.pwd}`,
    `a=fingerprint:sha-256 ${theirs.fingerprint.toUpperCase().match(/../g).join(":")}`,
    `a=setup:${caller ? "active" : "passive"}`,
    `a=candidate:1 1 udp 2130706431 ${relay.address} ${relay.port} typ host`,
    "a=end-of-candidates",
    "",
  ].join("\r\n");
}

export class Round {
  /** @param {MediaStream | null} microphone @param {boolean} caller whether our side placed the call */
  constructor(microphone, caller) {
    this.microphone = microphone;
    this.caller = caller;
    this.fingerprint = "";
    this.connecting = false;
    this.theirs = null;
    this.heard = new MediaStream();
  }

  /** Our half of this round: what the station signs for us. */
  async half() {
    const certificate = await RTCPeerConnection.generateCertificate({ name: "ECDSA", namedCurve: "P-256" });
    const connection = new RTCPeerConnection({ certificates: [certificate], iceServers: [] });
    this.connection = connection;
    connection.ontrack = (event) => this.heard.addTrack(event.track);
    const [track] = this.microphone?.getAudioTracks() ?? [];
    if (track) connection.addTrack(track, this.microphone);
    else connection.addTransceiver("audio", { direction: "recvonly" });
    await connection.setLocalDescription(await connection.createOffer());
    const sdp = connection.localDescription.sdp;
    const one = (pattern) => sdp.match(pattern)?.[1] ?? "";
    this.mid = one(/^a=mid:(\S+)/m);
    this.fingerprint = one(/^a=fingerprint:sha-256 (\S+)/m).replaceAll(":", "").toLowerCase();
    return {
      fingerprint: this.fingerprint,
      ufrag: one(/^a=ice-ufrag:(\S+)/m),
      pwd: one(/^a=ice-pwd:(\S+)/m),
      payload_type: Number(one(/^a=rtpmap:(\d+) opus\/48000\/2/m)),
    };
  }

  /** @param {Half} theirs @param {Relay} relay */
  async connect(theirs, relay) {
    this.connecting = true;
    this.theirs = theirs;
    const sdp = description(theirs, relay, this.mid, this.caller);
    await this.connection.setRemoteDescription({ type: "answer", sdp });
  }

  get state() {
    return this.connection?.connectionState ?? "new";
  }

  /** Whether the certificate of the live connection is the one that their station signed; null where the connection was
   *  gone before it could be read, which says nothing of it. */
  async matches() {
    const transport = this.connection.getSenders()[0]?.transport;
    let [live] = transport?.getRemoteCertificates() ?? [];
    // A connection may be told to stand a moment before its certificate can be read.
    for (let tries = 0; !live && tries < READS_MAX && transport?.state !== "closed"; tries++) {
      await new Promise((done) => setTimeout(done, READ_MS));
      [live] = transport?.getRemoteCertificates() ?? [];
    }
    if (!live && transport?.state === "closed") return null;
    return live !== undefined && hex(await crypto.subtle.digest("SHA-256", live)) === this.theirs.fingerprint;
  }

  /** Figures of this moment; levels are from 0 to 1, times in milliseconds, counts since the round began. */
  async figures() {
    const found = [...(await this.connection.getStats()).values()];
    const one = (type) => found.find((x) => x.type === type && (x.kind ?? "audio") === "audio") ?? {};
    const [inbound, source, reported] = [one("inbound-rtp"), one("media-source"), one("remote-inbound-rtp")];
    const buffer = inbound.jitterBufferEmittedCount ? inbound.jitterBufferDelay / inbound.jitterBufferEmittedCount : 0;
    return {
      received: inbound.packetsReceived ?? 0,
      lost: Math.max(0, inbound.packetsLost ?? 0),
      jitter: 1000 * (inbound.jitter ?? 0),
      delay: 1000 * ((reported.roundTripTime ?? 0) / 2 + buffer),
      energy: inbound.totalAudioEnergy ?? 0,
      speaker: inbound.audioLevel ?? 0,
      mic: source.audioLevel ?? 0,
    };
  }

  close() {
    if (!this.connection) return;
    this.connection.onconnectionstatechange = null;
    this.connection.close();
  }
}
