/**
 * What goes wrong inside is a card that says so; what stands around it stays.
 *
 * BD1  Another address, or what `of` names, is another thing to show: it is tried anew by itself.
 */
import { useQueryClient } from "@tanstack/react-query";
import { Children, Component, type ReactNode } from "react";
import { wordsOf } from "../data/words.ts";
import { Trouble } from "./notices.tsx";

interface BoundaryProps {
  /** What is shown inside, as a person knows it: "Failures". */
  of?: string | undefined;
  children: ReactNode;
}

export function Boundary({ of, children }: BoundaryProps) {
  const queries = useQueryClient();
  // What was read and could not be shown would come from the cache again.
  const forget = (): void => queries.removeQueries({ type: "inactive" });
  // Not the router's: questions are asked outside of it.
  return (
    <Held of={of} place={`${window.location.pathname} ${of ?? ""}`} forget={forget}>
      {children}
    </Held>
  );
}

interface HeldState {
  /** In a frame, for anything can be thrown. */
  thrown?: { what: unknown } | undefined;
}

class Held extends Component<BoundaryProps & { place: string; forget(): void }, HeldState> {
  override state: HeldState = {};

  static getDerivedStateFromError(what: unknown): HeldState {
    return { thrown: { what } };
  }

  override componentDidUpdate(before: { place: string }): void {
    if (this.state.thrown !== undefined && before.place !== this.props.place) this.setState({ thrown: undefined }); // BD1
  }

  override render(): ReactNode {
    const { thrown } = this.state;
    if (thrown === undefined) return this.props.children;
    const { of } = this.props;
    const name = of === undefined || of === "" ? "This part" : of;
    return (
      <Trouble
        error={`${name} could not be shown: ${wordsOf(thrown.what)}`}
        retry={() => {
          this.props.forget();
          this.setState({ thrown: undefined });
        }}
      />
    );
  }
}

/** Each of the children stands and falls by itself. */
export function Apart({ children }: { children: ReactNode }) {
  return Children.toArray(children).map((child, i) => (
    <Boundary key={typeof child === "object" && "key" in child ? child.key : i}>{child}</Boundary>
  ));
}
