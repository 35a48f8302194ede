// Imported first by every script: what follows may then use all that this version of Node has.
const OLDEST = [20, 19];

/** One line for whoever runs too old a Node, or undefined. */
export function complaintAbout(version) {
  const [major, minor] = version.split('.').map(Number);
  const oldEnough = major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
  return oldEnough ? undefined : `nestjs-locked needs Node ${OLDEST.join('.')} or newer; this is Node ${version}.`;
}

const complaint = complaintAbout(process.versions.node);
if (complaint !== undefined) {
  console.error(complaint);
  process.exit(2);
}
