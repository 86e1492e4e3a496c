/// Why a token was refused. What goes out says no more than `reason`.
public enum JWTError: Error, Equatable, Sendable {
  /// It does not have the form of a token, or names one thing twice.
  case malformed
  /// No key of that name signs here.
  case unknownKey
  /// The header names another algorithm than the key's own.
  case wrongAlgorithm
  /// The header holds what we do not take, a critical extension among others.
  case unsupportedHeader
  /// The signature is not the key's.
  case badSignature
  /// It has ended.
  case expired
  /// Its time has not come.
  case notYetValid
  /// A claim that must be there is not.
  case missingClaim(String)

  /// The stable word for the wire: an expired token can be fetched anew, all others are alike.
  public var reason: String { self == .expired ? "token_expired" : "token_refused" }
}
