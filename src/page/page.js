// Makes the page better where scripts run: what the server would answer to a link or to the form is fetched and put in its place, so
// that focus, what is folded out and the place on the page stay. There is no other way to make rows than the server's.

const SECTIONS = ['summary', 'history', 'waterfall', 'rows', 'found', 'dropped', 'discovery'];
const TYPING_MS = 200;
const FOLLOW_MS = 5000;

document.documentElement.classList.add('scripted');

let latest = 0;

/** Shows what the server answers at that address. The filters are left alone while somebody is typing there. */
async function show(href, { filters, scrollTo }) {
  const turn = ++latest;
  let text;
  try {
    const answer = await fetch(href, { headers: { accept: 'text/html' } });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    text = await answer.text();
  } catch {
    // The page says by its times how old it is.
    return;
  }
  if (turn !== latest) return;
  const fresh = new DOMParser().parseFromString(text, 'text/html');
  document.title = fresh.title;
  for (const id of filters ? [...SECTIONS, 'filters'] : SECTIONS) replace(id, fresh);
  if (scrollTo !== undefined) document.getElementById(scrollTo).scrollIntoView();
}

function replace(id, fresh) {
  const before = document.getElementById(id);
  const after = fresh.getElementById(id);
  if (before === null || after === null || before.innerHTML === after.innerHTML) return;
  const focused = before.contains(document.activeElement) ? selectorOf(document.activeElement) : '';
  for (const { id: open } of before.querySelectorAll('details[open]'))
    if (open !== '') after.querySelector(`#${CSS.escape(open)}`)?.setAttribute('open', '');
  before.replaceChildren(...after.childNodes);
  if (focused !== '') document.querySelector(focused)?.focus({ preventScroll: true });
}

/** Finds an element again by its id, or as the summary of what has one. */
function selectorOf(element) {
  if (element.id !== '') return `#${CSS.escape(element.id)}`;
  const { id = '' } = element.tagName === 'SUMMARY' ? element.parentElement : {};
  return id === '' ? '' : `#${CSS.escape(id)} > summary`;
}

/** The address that sending the form would lead to, without what is empty. */
function addressOf(form) {
  const params = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (value !== '') params.set(name, value);
  return `${form.getAttribute('action')}${params.size > 0 ? `?${params}` : ''}`;
}

let typing;

document.addEventListener('input', ({ target }) => {
  const form = target.closest('#filters');
  if (form === null) return;
  clearTimeout(typing);
  typing = setTimeout(
    () => {
      const href = addressOf(form);
      history.replaceState(null, '', href);
      void show(href, { filters: false });
    },
    target.type === 'search' ? TYPING_MS : 0,
  );
});

document.addEventListener('submit', (event) => {
  if (event.target.id !== 'filters') return;
  event.preventDefault();
  clearTimeout(typing);
  const href = addressOf(event.target);
  history.pushState(null, '', href);
  void show(href, { filters: false });
});

document.addEventListener('click', (event) => {
  const link = event.target.closest('a[data-swap]');
  if (link === null || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
    return;
  event.preventDefault();
  clearTimeout(typing);
  history.pushState(null, '', link.href);
  const scrollTo = link.closest('thead, #waterfall') === null ? 'targets' : undefined;
  void show(link.href, { filters: true, scrollTo });
});

addEventListener('popstate', () => void show(location.href, { filters: true }));

const follow = document.getElementById('follow');
follow.hidden = false;
setInterval(() => {
  const isWanted = follow.querySelector('input').checked && document.visibilityState === 'visible';
  if (isWanted) void show(location.href, { filters: false });
}, FOLLOW_MS);
