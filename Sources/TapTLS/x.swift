import NIOSSL
import Crypto
import SwiftASN1
