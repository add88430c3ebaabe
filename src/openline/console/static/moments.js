// What a day and a time on our clock are on theirs and in Zulu, said while they are typed. The server says it again.

/** Minutes by which the clocks of a zone are ahead of Zulu at an instant. */
function ahead(zone, at) {
  const words = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit",
  });
  const part = Object.fromEntries(words.formatToParts(at).map((each) => [each.type, Number(each.value)]));
  return Math.round((Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute) - at) / 60000);
}

function instant(day, time, zone) {
  const bare = Date.parse(`${day}T${time}Z`);
  if (Number.isNaN(bare)) return null;
  const first = bare - ahead(zone, bare) * 60000;
  return bare - ahead(zone, first) * 60000;
}

function said(at, zone) {
  const form = { timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" };
  return new Intl.DateTimeFormat("sv-SE", form).format(at);
}

function start() {
  for (const output of document.querySelectorAll("output[data-moment]")) {
    const { moment, zone, theirs, them } = output.dataset;
    const day = document.getElementById(`${moment}_day`);
    const time = document.getElementById(`${moment}_time`);
    const tell = () => {
      const at = instant(day.value, time.value, zone);
      output.textContent = at === null ? "" : `${them}: ${said(at, theirs)} · ${said(at, "UTC")}Z`;
    };
    day.addEventListener("input", tell);
    time.addEventListener("input", tell);
    tell();
  }
}

start();
