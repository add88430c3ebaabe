// What opening a key file takes from npm (spec 4.5.1 and the head of keys/keyfile.py): Argon2id and ChaCha20-Poly1305,
// neither of which every browser's WebCrypto has.
export { argon2idAsync } from "@noble/hashes/argon2.js";
export { chacha20poly1305 } from "@noble/ciphers/chacha.js";
