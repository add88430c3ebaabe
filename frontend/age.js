// What the letters page takes from npm: age files, sealed and opened in the page.
export { Decrypter, Encrypter, generateHybridIdentity, identityToRecipient } from "age-encryption";
