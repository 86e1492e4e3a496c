import Primitives
import Security
import Signaling
import Visits

extension ControlPlane {
  /// Whom a token is about: verified under its clinic's key, with claims that are for this clinic.
  /// Throws `token_expired`, or `token_refused` for all else.
  func bearer(ofToken text: String) throws(SignalingError) -> TokenBearer {
    let token: JWT
    do {
      token = try JWT(verifying: text, keys: configuration.keys.map(\.key), now: moment.wall)
    } catch {
      throw SignalingError(.unauthenticated, error.reason, field: "token")
    }
    guard let key = configuration.keys.first(where: { $0.key.id == token.issuer }),
      journal.decided.clinics[key.clinic] != nil,
      let bearer = TokenBearer(token, clinic: key.clinic)
    else { throw Self.tokenRefused }
    return bearer
  }

  /// The person whom a token is about, with a right to the visit that it names, and the time that
  /// it gives the session.
  func identity(
    ofToken text: String
  ) throws(SignalingError) -> (identity: Identity, lifetime: Duration?) {
    guard case .person(let identity, let lifetime) = try bearer(ofToken: text) else {
      throw Self.tokenRefused
    }
    guard let visit = identity.visit else { return (identity, lifetime) }
    guard journal.scene(of: visit) != nil else { throw Self.tokenRefused }
    do {
      try journal.decided.require(.callJoin, in: visit, by: identity)
    } catch {
      // Staff without a right to the visit learns that when it tries to join.
      if error.reason == .visitNotFound { throw Self.tokenRefused }
    }
    return (identity, lifetime)
  }

  private static var tokenRefused: SignalingError {
    SignalingError(.unauthenticated, "token_refused", field: "token")
  }
}

extension Identity {
  /// Whether the token that opened the session lets it use a method. What takes one's own access
  /// away, and what the relay waits for, is never withheld.
  func allows(_ method: SignalingMethod) -> Bool {
    switch method {
    case .sessionOpen, .callLeave, .shareStop, .seatsAcknowledge: true
    default: permissions?.contains(method.rawValue) ?? true
    }
  }
}
