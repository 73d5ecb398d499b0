/** An address that shows nothing. */
import { Compass } from "lucide-react";
import { ButtonLink } from "../parts/button.tsx";
import { Empty } from "../parts/notices.tsx";
import { Page } from "../parts/page.tsx";

export function NotFound() {
  return (
    <Page title="Nothing here">
      <Empty title={`There is no page ${window.location.pathname}`} icon={<Compass aria-hidden />}>
        <p>Perhaps the address was cut, or what it showed has been removed.</p>
        <ButtonLink to="/">To the overview</ButtonLink>
      </Empty>
    </Page>
  );
}
