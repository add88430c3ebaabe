// Offline, a page of this console shows one thing: that it is offline, and since when. No page, no state and no record is
// ever kept: nothing old can be shown as if it were new.

const SHELL = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Openline</title><main><h1>◌ No word from the station · <span lang="ko">상황실 서버 응답 없음</span></h1>
<p>This page could not be loaded. Nothing is known of any line from here.</p>
<p lang="ko">이 화면을 불러올 수 없습니다. 여기서는 어느 회선의 상태도 알 수 없습니다.</p></main></html>`;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  if (event.request.mode !== "navigate") return;
  const headers = { "content-type": "text/html; charset=utf-8", "content-security-policy": "default-src 'none'" };
  event.respondWith(fetch(event.request).catch(() => new Response(SHELL, { status: 503, headers })));
});
