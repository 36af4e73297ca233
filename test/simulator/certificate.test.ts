import { X509Certificate } from 'node:crypto';
import t from 'tap';

import { createAuthority, createSelfSigned } from '../../simulator/certificate.ts';

t.test('a leaf says what it was asked to say, and its authority signed it', async (t) => {
  const authority = createAuthority({ commonName: 'the authority' });
  const ca = new X509Certificate(authority.cert);
  const { cert } = authority.issue({
    commonName: 'a leaf',
    dnsNames: ['virt-api.kubevirt.svc'],
    ipAddresses: ['127.1.0.7', '2001:db8::7'],
    notBefore: new Date('2020-02-29T23:59:58Z'),
    notAfter: new Date('2061-01-01T00:00:00Z'),
  });
  const leaf = new X509Certificate(cert);
  t.equal(ca.ca, true, 'the authority may sign');
  t.equal(leaf.ca, false, 'the leaf may not');
  t.equal(ca.verify(ca.publicKey), true, 'the authority signed itself');
  t.equal(leaf.verify(ca.publicKey), true);
  t.equal(leaf.checkIssued(ca), true, 'names and key identifiers fit together');
  t.equal(leaf.subject, 'CN=a leaf');
  t.equal(leaf.issuer, 'CN=the authority');
  t.equal(leaf.validFrom, 'Feb 29 23:59:58 2020 GMT', 'a year before 2050 is a UTCTime');
  t.equal(leaf.validTo, 'Jan  1 00:00:00 2061 GMT', 'a year after 2049 is a GeneralizedTime');
  t.equal(leaf.checkHost('virt-api.kubevirt.svc'), 'virt-api.kubevirt.svc');
  t.equal(leaf.checkHost('virt-handler.kubevirt.svc'), undefined);
  t.equal(leaf.checkIP('127.1.0.7'), '127.1.0.7');
  t.equal(leaf.checkIP('2001:db8::7'), '2001:db8::7');
  t.equal(leaf.checkIP('2001:db8::8'), undefined);
});

t.test('a self-signed certificate signs itself and is no authority', async (t) => {
  const certificate = new X509Certificate(createSelfSigned({ commonName: 'alone' }).cert);
  t.equal(certificate.verify(certificate.publicKey), true);
  t.equal(certificate.ca, false);
});

t.test('a name among the addresses is refused with the way out', async (t) => {
  t.throws(() => createSelfSigned({ commonName: 'x', ipAddresses: ['virt-api'] }), /put names into dnsNames/);
});
