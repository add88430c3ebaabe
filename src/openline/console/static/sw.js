// Offline, a page of this console shows one thing: that it is offline. One that was asked for asks again by itself, so that
// a page which is there to ring comes back with its console; one that answers a form does not, for that would send the
// form again. No page, no state and no record is ever kept: nothing old can be shown as if it were new.

const ASK = `setInterval(() => fetch("/healthz").then((answer) => answer.ok && location.reload(), () => false), 3000);`;
const ASK_HASH = "sha256-ncWbiDexk+7H8iEZYjVhX8OWYHV9FKv9tvo+C8SE5to="; // of exactly that text, the one script allowed
const POLICY = `default-src 'none'; connect-src 'self'; script-src '${ASK_HASH}'`;

const AGAIN = `<p>It does not ring, and tries again by itself.</p>
<p lang="ko">이 화면은 울리지 않으며, 자동으로 다시 연결합니다.</p><script>${ASK}</script>`;
const SENT = `<p>What you sent may not have arrived. Look before you send it again: <a href="/">to the board</a></p>
<p lang="ko">보낸 내용이 전달되지 않았을 수 있습니다. 다시 보내기 전에 확인하십시오: <a href="/">상황판으로</a></p>`;

const shell = (more) => `<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<title>Openline</title><main><h1>◌ No word from the station · <span lang="ko">서버 응답 없음</span></h1>
<p>This page could not be loaded. Nothing is known of any line from here.</p>
<p lang="ko">이 화면을 불러올 수 없습니다. 여기서는 어느 회선의 상태도 알 수 없습니다.</p>${more}</main></html>`;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  if (event.request.mode !== "navigate") return;
  const headers = { "content-type": "text/html; charset=utf-8", "content-security-policy": POLICY };
  const shown = shell(event.request.method === "GET" ? AGAIN : SENT);
  event.respondWith(fetch(event.request).catch(() => new Response(shown, { status: 503, headers })));
});
