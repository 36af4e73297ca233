import t from 'tap';
import { loadFileSd } from '../../src/config/file-sd.ts';

t.test('files of targets that are taken', async (t) => {
  const groups = [{ targets: ['a:1', 'b'], labels: { x: 'y' } }];
  const cases: { fileName: string; text: string; want: unknown; why: string }[] = [
    { fileName: 't.json', text: '[{"targets":["a:1","b"],"labels":{"x":"y"}}]', want: groups, why: 'JSON' },
    {
      fileName: 't.JSON',
      text: '[{"Targets":["a:1","b"],"LABELS":{"x":"y"}}]',
      want: groups,
      why: 'in any case, as Go',
    },
    { fileName: 't.json', text: 'null', want: [], why: 'null is no group' },
    { fileName: 't.json', text: '[{}]', want: [{ targets: [], labels: {} }], why: 'an empty group' },
    {
      fileName: 't.json',
      text: '[{"targets":[null],"labels":{"a":null}},{"targets":null,"labels":null}]',
      want: [
        { targets: [''], labels: { a: '' } },
        { targets: [], labels: {} },
      ],
      why: 'null is empty, as Go reads it',
    },
    { fileName: 't.yml', text: '- targets: [a:1, b]\n  labels: { x: y }\n', want: groups, why: 'YAML' },
    {
      fileName: 't.YAML',
      text: '- targets: ["http://a/b"]',
      want: [{ targets: ['http://a/b'], labels: {} }],
      why: 'URLs',
    },
    {
      fileName: 't.yaml',
      text: '- labels: { a: 1, b: yes }',
      want: [{ targets: [], labels: { a: '1', b: 'yes' } }],
      why: 'text',
    },
    { fileName: 't.yaml', text: '', want: [], why: 'an empty file' },
  ];
  for (const { fileName, text, want, why } of cases) t.strictSame(loadFileSd(text, { fileName }), want, why);
});

t.test('files of targets that are refused', async (t) => {
  const cases: { fileName: string; text: string; want: RegExp; why: string }[] = [
    { fileName: 't.txt', text: '', want: /^t\.txt: a file of targets must end in \.json/, why: 'ending' },
    { fileName: 't.json', text: '', want: /^t\.json: is not JSON/, why: 'an empty file is no JSON' },
    { fileName: 't.json', text: '[] x', want: /is not JSON/, why: 'something behind' },
    { fileName: 't.json', text: '{}', want: /must hold a list of target groups/, why: 'no list' },
    { fileName: 't.json', text: '[{}, null]', want: /target group 2: must be an object/, why: 'empty group' },
    {
      fileName: 't.json',
      text: '[{"target":[]}]',
      want: /target group 1: unknown field "target"/,
      why: 'unknown field',
    },
    {
      fileName: 't.json',
      text: '[{"targets":"a"}]',
      want: /targets must be a list of strings/,
      why: 'no list',
    },
    {
      fileName: 't.json',
      text: '[{"targets":[1]}]',
      want: /targets must be a list of strings/,
      why: 'number',
    },
    { fileName: 't.json', text: '[{"labels":[]}]', want: /labels must be an object/, why: 'labels as list' },
    {
      fileName: 't.json',
      text: '[{"labels":{"a":1}}]',
      want: /value of label "a" must be a string/,
      why: 'number',
    },
    {
      fileName: 't.json',
      text: '[{"labels":{"a-b":""}}]',
      want: /"a-b" is not a valid label name/,
      why: 'label name',
    },
    { fileName: 't.yml', text: '- {}\n-', want: /^t\.yml:2:2: a target group is empty/, why: 'empty group' },
    {
      fileName: 't.yml',
      text: 'targets: [a]',
      want: /^t\.yml:1:1: this value must be a list/,
      why: 'no list',
    },
    {
      fileName: 't.yml',
      text: '- targets: a',
      want: /^t\.yml:1:12: "targets" must be a list/,
      why: 'one target',
    },
    { fileName: 't.yml', text: '- target: [a]', want: /unknown field "target"/, why: 'unknown field' },
    {
      fileName: 't.yml',
      text: '- labels: { 1a: b }',
      want: /"1a" is not a valid label name/,
      why: 'label name',
    },
    {
      fileName: 't.yml',
      text: '- targets: []\n  targets: []',
      want: /"targets" is given twice/,
      why: 'twice',
    },
  ];
  for (const { fileName, text, want, why } of cases) {
    t.throws(() => loadFileSd(text, { fileName }), { name: 'ConfigError', message: want }, why);
  }
});
