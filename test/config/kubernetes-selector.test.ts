import t from 'tap';
import { fieldSelectorProblem, labelSelectorProblem } from '../../src/config/kubernetes-selector.ts';

t.test('label selectors', async (t) => {
  const good = [
    '',
    'a',
    '!a',
    'a=b',
    'a==b',
    'a!=b',
    'a=',
    'a = b , c',
    'a in (b)',
    'a in (b, c),d notin (e,),f',
    'a>1',
    'a<2',
    'example.com/a.b_c-d=E.f',
  ];
  const bad = [
    'a b',
    '=a',
    ',',
    'a,',
    'a in',
    'a in b',
    'a in (b',
    '-a',
    'a=-',
    'a=b c',
    '!a=b',
    'Example.com/a',
    'a'.repeat(64),
  ];
  for (const text of good) t.equal(labelSelectorProblem(text), undefined, text);
  for (const text of bad)
    t.match(labelSelectorProblem(text), `label selector "${text}": cannot understand`, text);
});

t.test('field selectors', async (t) => {
  const good = [
    '',
    'a=b',
    'a==b',
    'a!=b',
    'metadata.name=x,status.phase!=y',
    'a=',
    String.raw`a=b\,c`,
    String.raw`a=b\=c\\`,
  ];
  const bad = ['a', 'metadata.name-x', 'a=b,c', 'a=b=c', String.raw`a=b\c`, '=b'];
  for (const text of good) t.equal(fieldSelectorProblem(text), undefined, text);
  for (const text of bad)
    t.match(fieldSelectorProblem(text), `field selector "${text}": cannot understand`, text);
});
